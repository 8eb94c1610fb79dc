// What is computed over the whole vocabulary for every token.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace rwkv {

/// Logits come in whole blocks; each has one maximum and one sum.
inline constexpr std::size_t logit_block = 64;

/// Turns NaNs into −∞ and writes the largest logit of each block; returns the largest of all. `logits` are whole blocks.
float find_block_highest(std::span<float> logits, std::span<float> block_highest);

/// The sum of e^((logit − highest)·slope), for `slope` ≥ 0, of each block; returns the sum of all. The weights themselves
/// are not kept: few are ever looked at.
double sum_block_weights(std::span<const float> logits, float highest, float slope, std::span<float> block_sums);

/// The weights of one block, of which sum_block_weights() gave the sum.
std::array<float, logit_block> weigh_block(std::span<const float, logit_block> logits, float highest, float slope);

}   // namespace rwkv
