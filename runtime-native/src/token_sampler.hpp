// Choosing the next token from logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "random_source.hpp"

namespace rwkv {

struct SamplerOptions {
  double temperature = 1.0;         // 0: always the likeliest
  std::size_t top_k = 0;            // 0: no limit
  double top_p = 1.0;               // 1: no limit
  double presence_penalty = 0.0;    // taken from the logit of every token that was seen
  double frequency_penalty = 0.0;   // times how often it was seen
  double penalty_decay = 1.0;       // what a past sighting is worth after each further token; 1: for ever
  std::uint64_t seed = 0;
};

/// In RWKV's customary order: penalties on the logits; then top-p and top-k on the probabilities; then the temperature
/// among those that are left. Sorts no more of the vocabulary than it draws from.
class TokenSampler {
 public:
  explicit TokenSampler(const SamplerOptions& options);

  /// Draws a token and remembers it for the penalties. `logits` must not be empty; NaNs are never drawn unless there
  /// is nothing else.
  std::uint32_t sample(std::span<const float> logits);

  /// Forgets the tokens seen and starts the random numbers again.
  void reset();

 private:
  struct Sighting {
    std::uint32_t token;
    double count;
  };
  struct Candidate {
    std::uint32_t token;
    float logit;
  };

  void collect(std::span<const float> logits);
  void apply_penalties();
  std::uint32_t draw();
  void remember(std::uint32_t token);

  SamplerOptions options_;
  RandomSource random_;
  std::vector<Sighting> seen_;
  std::vector<Candidate> candidates_;
};

}   // namespace rwkv
