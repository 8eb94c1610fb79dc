// What tokens that were drawn before cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rwkv {

struct PenaltyOptions {
  double presence = 0;    // taken from the logit of every token that was seen
  double frequency = 0;   // times how often it was seen
  double decay = 1;       // what a past sighting is worth after each further token; 1: for ever
};

class TokenPenalties {
 public:
  explicit TokenPenalties(const PenaltyOptions& options) : options_(options) {}

  /// Takes the penalties from the logits.
  void apply(std::span<float> logits) const;

  /// A token was drawn, of a vocabulary of that size.
  void remember(std::uint32_t token, std::size_t vocabulary);

  void forget() { seen_.clear(); }

 private:
  struct Sighting {
    std::uint32_t token;
    float count;
  };

  PenaltyOptions options_;
  std::vector<Sighting> seen_;
};

}   // namespace rwkv
