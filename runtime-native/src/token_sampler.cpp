#include "token_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "float_lanes.hpp"

namespace rwkv {
namespace {

constexpr std::size_t block = logit_block;
constexpr float nothing = -std::numeric_limits<float>::infinity();

}   // namespace

TokenSampler::TokenSampler(const SamplerOptions& options)
    : options_(options), random_(options.seed), penalties_(options.penalties) {}

void TokenSampler::reset() {
  random_ = RandomSource(options_.seed);
  penalties_.forget();
}

void TokenSampler::set_mask(std::span<const std::uint8_t> allowed) { mask_.assign(allowed.begin(), allowed.end()); }

std::uint32_t TokenSampler::sample(std::span<const float> logits) {
  const std::uint32_t token = choose(logits);
  penalties_.remember(token, logits.size());
  return token;
}

std::uint32_t TokenSampler::choose(std::span<const float> logits) {
  copy_logits(logits);
  penalties_.apply(std::span(logits_).first(logits.size()));
  for (std::size_t i = 0; i < std::min(mask_.size(), logits.size()); ++i) {
    if (mask_[i] == 0) logits_[i] = nothing;
  }
  highest_ = find_block_highest(logits_, block_highest_);
  if (!(options_.temperature > 0) || !std::isfinite(highest_)) return first_highest();
  const bool has_limits = options_.top_k > 0 || options_.top_p < 1 || options_.min_p > 0 || options_.typical_p < 1;
  return has_limits ? draw_limited() : draw_any();
}

void TokenSampler::copy_logits(std::span<const float> logits) {
  const std::size_t blocks = (logits.size() + block - 1) / block;
  logits_.resize(blocks * block);
  block_sums_.resize(blocks);
  block_highest_.resize(blocks);
  std::copy(logits.begin(), logits.end(), logits_.begin());
  std::fill(logits_.begin() + static_cast<std::ptrdiff_t>(logits.size()), logits_.end(), nothing);
}

// The lowest token of the likeliest, so that the choice is the same everywhere.
std::uint32_t TokenSampler::first_highest() const {
  const auto found = std::find(block_highest_.begin(), block_highest_.end(), highest_) - block_highest_.begin();
  const auto begin = logits_.begin() + found * static_cast<std::ptrdiff_t>(block);
  return static_cast<std::uint32_t>(std::find(begin, logits_.end(), highest_) - logits_.begin());
}

std::span<const float, block> TokenSampler::block_of_logits(std::size_t index) const {
  return std::span(logits_).subspan(index * block).first<block>();
}

std::uint32_t TokenSampler::draw_any() {
  const auto slope = static_cast<float>(1 / options_.temperature);
  double left = random_.uniform() * sum_block_weights(logits_, highest_, slope, block_sums_);
  std::size_t last = first_highest();   // rounding may lead beyond all
  for (std::size_t b = 0; b < block_sums_.size(); ++b) {
    if (left >= double{block_sums_[b]}) {
      left -= double{block_sums_[b]};
      continue;
    }
    const auto weights = weigh_block(block_of_logits(b), highest_, slope);
    for (std::size_t i = 0; i < block; ++i) {
      if (weights[i] == 0) continue;
      last = b * block + i;
      left -= double{weights[i]};
      if (left < 0) return static_cast<std::uint32_t>(last);
    }
  }
  return static_cast<std::uint32_t>(last);
}

std::uint32_t TokenSampler::draw_limited() {
  double total = sum_block_weights(logits_, highest_, 1, block_sums_);
  const bool has_top = options_.top_k > 0 || options_.top_p < 1;
  if (options_.min_p > 0) {
    total = gather(highest_ + static_cast<float>(std::log(std::min(options_.min_p, 1.0))));
  } else if (options_.typical_p < 1) {
    gather(std::numeric_limits<float>::lowest());
  } else {
    gather_for_top(total);
  }
  if (options_.typical_p < 1) total = keep_typical(total);
  if (has_top) keep_top(total);
  return draw_candidate();
}

// The candidates become the tokens whose logits are at least this; their weights' sum.
double TokenSampler::gather(float least) {
  candidates_.reserve(logits_.size());
  candidates_.clear();
  double held = 0;
  for (std::size_t b = 0; b < block_highest_.size(); ++b) {
    if (block_highest_[b] < least) continue;
    const auto logits = block_of_logits(b);
    const auto weights = weigh_block(logits, highest_, 1);
    for (std::size_t i = 0; i < block; ++i) {
      if (logits[i] < least) continue;
      candidates_.push_back({static_cast<std::uint32_t>(b * block + i), logits[i], weights[i], 0});
      held += double{weights[i]};
    }
  }
  return held;
}

// Enough of the likeliest for top-p and top-k, found by looking ever deeper: mostly they are a few.
void TokenSampler::gather_for_top(double total) {
  for (float depth = 2; depth < 100; depth *= 1.5f) {
    const double held = gather(highest_ - depth);
    if (options_.top_k > 0 && candidates_.size() >= options_.top_k) return;
    if (options_.top_p < 1 && held >= options_.top_p * total) return;
  }
  gather(std::numeric_limits<float>::lowest());
}

// Keeps the candidates whose surprise is nearest to the expected one; their weights' sum.
double TokenSampler::keep_typical(double total) {
  const double log_total = std::log(total);
  double expected = 0;   // surprise
  for (const Candidate& c : candidates_) {
    const double surprise = log_total - (double{c.logit} - double{highest_});
    if (c.weight > 0) expected += double{c.weight} / total * surprise;
  }
  for (Candidate& c : candidates_) {
    c.distance = static_cast<float>(std::fabs(log_total - (double{c.logit} - double{highest_}) - expected));
  }
  // A heap with the nearest on top, of equals the lower token.
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.distance > b.distance || (a.distance == b.distance && a.token > b.token);
  };
  auto end = candidates_.end();
  std::make_heap(candidates_.begin(), end, later);
  double held = 0;
  while (end != candidates_.begin() && (end == candidates_.end() || held < options_.typical_p * total)) {
    std::pop_heap(candidates_.begin(), end, later);
    held += double{(--end)->weight};
  }
  candidates_.erase(candidates_.begin(), end);
  return held;
}

// Keeps the likeliest that hold top_p of the total, and of them at most top_k.
void TokenSampler::keep_top(double total) {
  const auto less = [](const Candidate& a, const Candidate& b) {
    return a.logit < b.logit || (a.logit == b.logit && a.token > b.token);
  };
  const std::size_t limit = options_.top_k == 0 ? candidates_.size() : std::min(options_.top_k, candidates_.size());
  auto end = candidates_.end();
  std::make_heap(candidates_.begin(), end, less);
  double held = 0;
  std::size_t kept = 0;
  while (kept < limit && (kept == 0 || held < options_.top_p * total)) {
    std::pop_heap(candidates_.begin(), end, less);
    held += double{(--end)->weight};
    ++kept;
  }
  candidates_.erase(candidates_.begin(), end);
}

std::uint32_t TokenSampler::draw_candidate() {
  const auto slope = static_cast<float>(1 / options_.temperature);
  double total = 0;
  for (Candidate& c : candidates_) {
    if (options_.temperature != 1) c.weight = exp_of_negative((c.logit - highest_) * slope);
    total += double{c.weight};
  }
  double left = random_.uniform() * total;
  for (const Candidate& c : candidates_) {
    left -= double{c.weight};
    if (left < 0) return c.token;
  }
  return candidates_.back().token;   // only rounding leads here
}

}   // namespace rwkv
