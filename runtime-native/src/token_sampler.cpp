#include "token_sampler.hpp"

#include <algorithm>
#include <cmath>

namespace rwkv {
namespace {

// Sightings worth less than this no longer change a logit noticeably.
constexpr double forgotten = 1e-6;

}   // namespace

TokenSampler::TokenSampler(const SamplerOptions& options) : options_(options), random_(options.seed) {}

void TokenSampler::reset() {
  random_ = RandomSource(options_.seed);
  seen_.clear();
}

void TokenSampler::collect(std::span<const float> logits) {
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    candidates_[i] = {static_cast<std::uint32_t>(i), std::isnan(logits[i]) ? -INFINITY : logits[i]};
  }
}

void TokenSampler::apply_penalties() {
  for (const Sighting& one : seen_) {
    if (one.token >= candidates_.size()) continue;
    candidates_[one.token].logit -=
        static_cast<float>(options_.presence_penalty + options_.frequency_penalty * one.count);
  }
}

// Pops the likeliest candidates off a heap until they hold top_p of the probability or are top_k many, then draws one
// of them. Building the heap is linear in the vocabulary, and each pop logarithmic.
std::uint32_t TokenSampler::draw() {
  // Of equal logits the lower token goes first, so that the order is the same everywhere.
  const auto less = [](const Candidate& a, const Candidate& b) {
    return a.logit < b.logit || (a.logit == b.logit && a.token > b.token);
  };
  const auto best = std::max_element(candidates_.begin(), candidates_.end(), less);
  if (options_.temperature <= 0 || !std::isfinite(best->logit)) return best->token;

  const double highest = best->logit;
  const auto weight = [&](const Candidate& c) { return std::exp(double{c.logit} - highest); };
  const auto tempered = [&](const Candidate& c) {
    return std::exp((double{c.logit} - highest) / options_.temperature);
  };

  std::size_t kept = candidates_.size();
  const std::size_t limit = options_.top_k == 0 ? kept : std::min(options_.top_k, kept);
  if (limit < kept || options_.top_p < 1) {
    double total = 0;
    for (const Candidate& c : candidates_) total += weight(c);
    double held = 0;
    auto heap_end = candidates_.end();
    std::make_heap(candidates_.begin(), heap_end, less);
    kept = 0;
    while (kept < limit && (kept == 0 || held < options_.top_p * total)) {
      std::pop_heap(candidates_.begin(), heap_end, less);
      held += weight(*--heap_end);
      ++kept;
    }
  }

  // The kept ones now stand at the end.
  const auto first = candidates_.end() - static_cast<std::ptrdiff_t>(kept);
  double mass = 0;
  for (auto c = first; c != candidates_.end(); ++c) mass += tempered(*c);
  double left = random_.uniform() * mass;
  for (auto c = first; c != candidates_.end(); ++c) {
    left -= tempered(*c);
    if (left < 0) return c->token;
  }
  // Only rounding leads here.
  return candidates_.back().token;
}

void TokenSampler::remember(std::uint32_t token) {
  if (options_.presence_penalty == 0 && options_.frequency_penalty == 0) return;
  for (Sighting& one : seen_) one.count *= options_.penalty_decay;
  std::erase_if(seen_, [](const Sighting& one) { return one.count < forgotten; });
  const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const Sighting& one) { return one.token == token; });
  if (found != seen_.end())
    found->count += 1;
  else
    seen_.push_back({token, 1});
}

std::uint32_t TokenSampler::sample(std::span<const float> logits) {
  collect(logits);
  apply_penalties();
  const std::uint32_t token = draw();
  remember(token);
  return token;
}

}   // namespace rwkv
