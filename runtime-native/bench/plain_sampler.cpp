#include "plain_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rwkv::bench {

std::uint32_t PlainSampler::sample(std::span<const float> logits) {
  const std::uint32_t token = choose(logits);
  for (auto& [other, count] : seen_) count *= options_.penalties.decay;
  seen_[token] += 1;
  return token;
}

std::uint32_t PlainSampler::choose(std::span<const float> logits) {
  std::vector<float> values(logits.begin(), logits.end());
  for (const auto& [token, count] : seen_)
    values[token] -= static_cast<float>(options_.penalties.presence + options_.penalties.frequency * count);
  const auto highest = std::max_element(values.begin(), values.end());
  if (options_.temperature == 0) return static_cast<std::uint32_t>(highest - values.begin());

  std::vector<float> probabilities(values.size());
  const float most = *highest;
  std::transform(values.begin(), values.end(), probabilities.begin(), [&](float x) { return std::exp(x - most); });
  const float sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0f);
  for (float& probability : probabilities) probability /= sum;

  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  if (options_.top_p < 1 || options_.top_k > 0 || options_.min_p > 0) {
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return probabilities[a] > probabilities[b]; });
    order.resize(count_kept(probabilities, order));
  }
  double total = 0;
  for (const std::uint32_t token : order) total += double{probabilities[token]};
  double left = random_.uniform() * total;
  for (const std::uint32_t token : order) {
    left -= double{probabilities[token]};
    if (left < 0) return token;
  }
  return order.back();
}

std::size_t PlainSampler::count_kept(const std::vector<float>& probabilities,
                                     const std::vector<std::uint32_t>& order) const {
  const std::size_t limit = options_.top_k > 0 ? options_.top_k : order.size();
  double held = 0;
  std::size_t kept = 0;
  while (kept < std::min(limit, order.size()) && (kept == 0 || held < options_.top_p)) {
    if (double{probabilities[order[kept]]} < options_.min_p * double{probabilities[order[0]]}) break;
    held += double{probabilities[order[kept++]]};
  }
  return kept;
}

}   // namespace rwkv::bench
