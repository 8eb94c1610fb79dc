// Real numbers ↔ the element types of graph inputs and outputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor_info.hpp"

namespace rwkv {

/// IEEE 754 binary16, rounding to nearest even; too large becomes infinity.
std::uint16_t to_half(float value);
float from_half(std::uint16_t half);

/// Throws Failure (format) when this library can't convert the tensor's element type.
void require_convertible(const TensorInfo& tensor);

/// Writes `values` (as many as the tensor has elements) in the tensor's type: float32, float16, or quantised, where it
/// rounds to nearest and saturates.
void encode_values(const TensorInfo& tensor, std::span<const float> values, std::byte* stored);

/// The reverse.
void decode_values(const TensorInfo& tensor, const std::byte* stored, std::span<float> values);

}   // namespace rwkv
