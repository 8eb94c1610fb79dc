// Choosing the next token from logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "logit_kernels.hpp"
#include "random_source.hpp"
#include "token_penalties.hpp"

namespace rwkv {

struct SamplerOptions {
  double temperature = 1.0;   // 0: always the likeliest
  std::size_t top_k = 0;      // 0: no limit
  double top_p = 1.0;         // 1: no limit
  double min_p = 0.0;         // 0: no limit
  double typical_p = 1.0;     // 1: no limit
  PenaltyOptions penalties;
  std::uint64_t seed = 0;
};

/// In RWKV's customary order: penalties on the logits; then the limits, each on the probabilities of what the one before
/// left (min-p, typical, top-p, top-k); then the temperature among those that are left. Never sorts the vocabulary, and
/// allocates nothing once it has seen one of its size.
///
/// min-p leaves the tokens at least that many times as likely as the likeliest (Nguyen et al., arXiv:2407.01082);
/// typical those whose surprise −ln p is nearest to the expected one, of this probability together (Meister et al.,
/// arXiv:2202.00666); top-p the likeliest of this probability together (Holtzman et al., arXiv:1904.09751).
class TokenSampler {
 public:
  explicit TokenSampler(const SamplerOptions& options);

  /// Draws a token and remembers it for the penalties. `logits` must not be empty; NaNs are never drawn unless there
  /// is nothing else.
  std::uint32_t sample(std::span<const float> logits);

  /// Tokens that may be drawn: one flag for each of the vocabulary; those behind its end may. Empty: all of them.
  void set_mask(std::span<const std::uint8_t> allowed);

  /// Forgets the tokens seen and starts the random numbers again.
  void reset();

 private:
  struct Candidate {
    std::uint32_t token;
    float logit;
    float weight;     // e^(logit − highest)
    float distance;   // of its surprise from the expected one, for typical
  };

  std::uint32_t choose(std::span<const float> logits);
  void copy_logits(std::span<const float> logits);
  std::span<const float, logit_block> block_of_logits(std::size_t index) const;
  std::uint32_t first_highest() const;
  std::uint32_t draw_any();
  std::uint32_t draw_limited();
  double gather(float least);
  void gather_for_top(double total);
  double keep_typical(double total);
  void keep_top(double total);
  std::uint32_t draw_candidate();

  SamplerOptions options_;
  RandomSource random_;
  TokenPenalties penalties_;
  std::vector<std::uint8_t> mask_;
  float highest_ = 0;
  std::vector<float> logits_;          // with the penalties, filled up with −∞ to whole blocks
  std::vector<float> block_sums_;      // of e^((logit − highest) / temperature)
  std::vector<float> block_highest_;   // of the logits
  std::vector<Candidate> candidates_;
};

}   // namespace rwkv
