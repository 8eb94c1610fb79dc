// How well a model predicts a text, and how far its predictions are from a reference's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rwkv {

/// log Σ exp(logits), in double.
double log_sum_exp(std::span<const float> logits);

/// KL(reference ‖ device) in nats of the distributions that two rows of logits stand for, in double.
double kl_divergence(std::span<const float> reference, std::span<const float> device);

std::uint32_t likeliest_token(std::span<const float> logits);

/// Collects rows of logits, each with the token that really came next.
class TextScore {
 public:
  void add(std::span<const float> logits, std::uint32_t next);

  std::size_t tokens() const { return tokens_; }
  /// exp of the mean negative log-likelihood; 1 for no tokens.
  double perplexity() const;

 private:
  std::size_t tokens_ = 0;
  double loss_ = 0;
};

/// Collects pairs of rows.
class LogitComparison {
 public:
  void add(std::span<const float> reference, std::span<const float> device);

  double kl_mean() const;
  double kl_max() const { return kl_max_; }
  /// The share of rows, 0 to 1, in which both find the same token likeliest.
  double top1_agreement() const;

 private:
  std::size_t rows_ = 0;
  std::size_t agreed_ = 0;
  double kl_sum_ = 0;
  double kl_max_ = 0;
};

}   // namespace rwkv
