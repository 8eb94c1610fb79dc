#include "logit_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace rwkv {

double log_sum_exp(std::span<const float> logits) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - highest);
  return highest + std::log(sum);
}

double kl_divergence(std::span<const float> reference, std::span<const float> device) {
  const double reference_norm = log_sum_exp(reference), device_norm = log_sum_exp(device);
  double sum = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double p = double{reference[i]} - reference_norm, q = double{device[i]} - device_norm;
    if (p > -700) sum += std::exp(p) * (p - q);   // below, exp(p) is 0 and q may be infinite
  }
  return sum;
}

std::uint32_t likeliest_token(std::span<const float> logits) {
  return static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void TextScore::add(std::span<const float> logits, std::uint32_t next) {
  ++tokens_;
  loss_ += log_sum_exp(logits) - double{logits[next]};
}

double TextScore::perplexity() const { return tokens_ == 0 ? 1 : std::exp(loss_ / static_cast<double>(tokens_)); }

void LogitComparison::add(std::span<const float> reference, std::span<const float> device) {
  const double kl = kl_divergence(reference, device);
  ++rows_;
  kl_sum_ += kl;
  kl_max_ = std::max(kl_max_, kl);
  if (likeliest_token(reference) == likeliest_token(device)) ++agreed_;
}

double LogitComparison::kl_mean() const { return rows_ == 0 ? 0 : kl_sum_ / static_cast<double>(rows_); }

double LogitComparison::top1_agreement() const {
  return rows_ == 0 ? 1 : static_cast<double>(agreed_) / static_cast<double>(rows_);
}

}   // namespace rwkv
