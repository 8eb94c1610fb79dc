#include "logit_kernels.hpp"

#include <algorithm>
#include <limits>

#include "float_lanes.hpp"

namespace rwkv {
namespace {

constexpr float nothing = -std::numeric_limits<float>::infinity();

RWKV_INLINE float highest_body(float* logits, std::size_t blocks, float* block_highest) {
  float all = nothing;
  for (std::size_t b = 0; b < blocks; ++b) {
    Lanes highest = Lanes{} + nothing;
    for (std::size_t i = b * logit_block; i < (b + 1) * logit_block; i += lanes) {
      Lanes x;
      load_lanes(logits + i, x);
      x = x == x ? x : Lanes{} + nothing;
      store_lanes(x, logits + i);
      highest = x > highest ? x : highest;
    }
    float in_block = highest[0];
    for (std::size_t i = 1; i < lanes; ++i) in_block = std::max(in_block, highest[i]);
    block_highest[b] = in_block;
    all = std::max(all, in_block);
  }
  return all;
}

RWKV_INLINE double sum_body(const float* logits, std::size_t blocks, float highest, float slope, float* block_sums) {
  double total = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    Lanes sums{};
    for (std::size_t i = b * logit_block; i < (b + 1) * logit_block; i += lanes) {
      Lanes x;
      load_lanes(logits + i, x);
      x = (x - highest) * slope;
      exponentiate(x);
      sums += x;
    }
    block_sums[b] = sum_of_lanes(sums);
    total += double{block_sums[b]};
  }
  return total;
}

#if defined(__x86_64__)
RWKV_AVX2 float highest_avx2(float* logits, std::size_t blocks, float* block_highest) {
  return highest_body(logits, blocks, block_highest);
}

RWKV_AVX2 double sum_avx2(const float* logits, std::size_t blocks, float highest, float slope, float* block_sums) {
  return sum_body(logits, blocks, highest, slope, block_sums);
}
#endif

}   // namespace

float exp_of_negative(float x) {
  Lanes values = Lanes{} + x;
  exponentiate(values);
  return values[0];
}

float find_block_highest(std::span<float> logits, std::span<float> block_highest) {
#if defined(__x86_64__)
  if (has_avx2()) return highest_avx2(logits.data(), block_highest.size(), block_highest.data());
#endif
  return highest_body(logits.data(), block_highest.size(), block_highest.data());
}

double sum_block_weights(std::span<const float> logits, float highest, float slope, std::span<float> block_sums) {
#if defined(__x86_64__)
  if (has_avx2()) return sum_avx2(logits.data(), block_sums.size(), highest, slope, block_sums.data());
#endif
  return sum_body(logits.data(), block_sums.size(), highest, slope, block_sums.data());
}

std::array<float, logit_block> weigh_block(std::span<const float, logit_block> logits, float highest, float slope) {
  std::array<float, logit_block> weights;
  for (std::size_t i = 0; i < logit_block; i += lanes) {
    Lanes x;
    load_lanes(logits.data() + i, x);
    x = (x - highest) * slope;
    exponentiate(x);
    store_lanes(x, weights.data() + i);
  }
  return weights;
}

}   // namespace rwkv
