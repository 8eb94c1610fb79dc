#include "value_codec.hpp"

#include <cstdlib>
#include <cstring>

#include "failure.hpp"
#include "value_kernels.hpp"

namespace rwkv {
namespace {

// Up to which an element and an offset add up exactly in float.
constexpr std::int64_t furthest_offset = 1 << 23;

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
  std::uint16_t half;
  encode_halves({&value, 1}, reinterpret_cast<std::byte*>(&half));
  return half;
}

float from_half(std::uint16_t half) {
  float value;
  decode_halves(reinterpret_cast<const std::byte*>(&half), {&value, 1});
  return value;
}

void require_convertible(const TensorInfo& tensor) {
  if (tensor.type == qnn::DataType::float32 || tensor.type == qnn::DataType::float16) return;
  if (is_quantised(tensor.type) && tensor.quantization && tensor.quantization->scale > 0 &&
      std::abs(std::int64_t{tensor.quantization->offset}) <= furthest_offset) {
    return;
  }
  throw Failure(FailureKind::format, "tensor " + tensor.name,
                "has type " + name_of(tensor.type) +
                    (is_quantised(tensor.type) ? " without one usable scale and offset for the whole tensor" : "") +
                    ", which can't be converted to numbers",
                "export the graph with float32, float16 or per-tensor quantised inputs and outputs");
}

void encode_values(const TensorInfo& tensor, std::span<const float> values, std::byte* stored) {
  switch (tensor.type) {
    case qnn::DataType::float32:
      std::memcpy(stored, values.data(), values.size_bytes());
      return;
    case qnn::DataType::float16:
      return encode_halves(values, stored);
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
      return decode_halves(stored, values);
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
