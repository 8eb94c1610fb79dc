// The loops of value_codec.hpp, eight numbers at a time: a vocabulary of 65536 is decoded for every token.
//
// Each number comes out as if it had been computed by itself in double and rounded once, on every CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor_info.hpp"

namespace rwkv {

/// Real numbers → IEEE 754 binary16, to nearest, ties to even; too large becomes infinity.
void encode_halves(std::span<const float> values, std::byte* stored);
void decode_halves(const std::byte* stored, std::span<float> values);

/// A stored element q means (q + offset) · scale. To nearest, ties to even, saturating; NaN becomes the lowest element.
/// For the integers of 8 and 16 bits.
template <typename Integer>
void quantise(const Quantization& quantization, std::span<const float> values, std::byte* stored);
template <typename Integer>
void dequantise(const Quantization& quantization, const std::byte* stored, std::span<float> values);

}   // namespace rwkv
