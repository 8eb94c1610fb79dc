// What is measured against: the plain way to draw a token, as it is written first.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "token_sampler.hpp"

namespace rwkv::bench {

/// Copies the logits, takes the penalties off, makes probabilities by std::exp, sorts all of them where there are
/// limits, and draws. The same order of steps as TokenSampler's, without typical-p.
class PlainSampler {
 public:
  explicit PlainSampler(const SamplerOptions& options) : options_(options), random_(options.seed) {}

  std::uint32_t sample(std::span<const float> logits);

 private:
  std::uint32_t choose(std::span<const float> logits);
  std::size_t count_kept(const std::vector<float>& probabilities, const std::vector<std::uint32_t>& order) const;

  SamplerOptions options_;
  RandomSource random_;
  std::map<std::uint32_t, double> seen_;
};

}   // namespace rwkv::bench
