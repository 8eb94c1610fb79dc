#include "value_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "failure.hpp"

namespace rwkv {
namespace {

template <typename Integer>
void quantise(const Quantization& quantization, std::span<const float> values, std::byte* stored) {
  constexpr double low = std::numeric_limits<Integer>::min(), high = std::numeric_limits<Integer>::max();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double steps = std::nearbyint(double{values[i]} / double{quantization.scale}) - quantization.offset;
    const auto element = static_cast<Integer>(std::clamp(steps, low, high));
    std::memcpy(stored + i * sizeof element, &element, sizeof element);
  }
}

template <typename Integer>
void dequantise(const Quantization& quantization, const std::byte* stored, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Integer element;
    std::memcpy(&element, stored + i * sizeof element, sizeof element);
    values[i] = static_cast<float>((static_cast<double>(element) + quantization.offset) * double{quantization.scale});
  }
}

bool is_quantised(qnn::DataType type) {
  switch (type) {
    case qnn::DataType::ufix8:
    case qnn::DataType::ufix16:
    case qnn::DataType::sfix8:
    case qnn::DataType::sfix16:
      return true;
    default:
      return false;
  }
}

}   // namespace

std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (magnitude >= 65520.0f) return static_cast<std::uint16_t>(sign | 0x7c00);
  if (magnitude < 0x1p-14f) {
    // Subnormal: a count of 2^-24 steps, which the addition rounds to nearest even.
    const auto steps = static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1p24f));
    return static_cast<std::uint16_t>(sign | steps);
  }
  std::uint32_t rounded = bits & 0x7fffffff;
  rounded += 0xfff + ((rounded >> 13) & 1);   // to nearest, ties to even, in the 13 bits that are dropped
  return static_cast<std::uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) return std::copysign(static_cast<float>(fraction) * 0x1p-24f, sign != 0 ? -1.0f : 1.0f);
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | (fraction << 13));
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

void require_convertible(const TensorInfo& tensor) {
  if (tensor.type == qnn::DataType::float32 || tensor.type == qnn::DataType::float16) return;
  if (is_quantised(tensor.type) && tensor.quantization && tensor.quantization->scale > 0) return;
  throw Failure(FailureKind::format, "tensor " + tensor.name,
                "has type " + name_of(tensor.type) +
                    (is_quantised(tensor.type) ? " without one scale for the whole tensor" : "") +
                    ", which can't be converted to numbers",
                "export the graph with float32, float16 or per-tensor quantised inputs and outputs");
}

void encode_values(const TensorInfo& tensor, std::span<const float> values, std::byte* stored) {
  switch (tensor.type) {
    case qnn::DataType::float32:
      std::memcpy(stored, values.data(), values.size_bytes());
      return;
    case qnn::DataType::float16:
      for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t half = to_half(values[i]);
        std::memcpy(stored + 2 * i, &half, 2);
      }
      return;
    case qnn::DataType::ufix8:
      return quantise<std::uint8_t>(*tensor.quantization, values, stored);
    case qnn::DataType::ufix16:
      return quantise<std::uint16_t>(*tensor.quantization, values, stored);
    case qnn::DataType::sfix8:
      return quantise<std::int8_t>(*tensor.quantization, values, stored);
    case qnn::DataType::sfix16:
      return quantise<std::int16_t>(*tensor.quantization, values, stored);
    default:
      require_convertible(tensor);
  }
}

void decode_values(const TensorInfo& tensor, const std::byte* stored, std::span<float> values) {
  switch (tensor.type) {
    case qnn::DataType::float32:
      std::memcpy(values.data(), stored, values.size_bytes());
      return;
    case qnn::DataType::float16:
      for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint16_t half;
        std::memcpy(&half, stored + 2 * i, 2);
        values[i] = from_half(half);
      }
      return;
    case qnn::DataType::ufix8:
      return dequantise<std::uint8_t>(*tensor.quantization, stored, values);
    case qnn::DataType::ufix16:
      return dequantise<std::uint16_t>(*tensor.quantization, stored, values);
    case qnn::DataType::sfix8:
      return dequantise<std::int8_t>(*tensor.quantization, stored, values);
    case qnn::DataType::sfix16:
      return dequantise<std::int16_t>(*tensor.quantization, stored, values);
    default:
      require_convertible(tensor);
  }
}

}   // namespace rwkv
