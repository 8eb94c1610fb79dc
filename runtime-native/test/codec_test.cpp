#include <cmath>
#include <cstring>

#include "tensor_buffer.hpp"
#include "test_case.hpp"
#include "value_codec.hpp"

using namespace rwkv;

namespace {

TensorInfo tensor(qnn::DataType type, std::optional<Quantization> quantization = {}) {
  TensorInfo info;
  info.name = "hidden_in";
  info.type = type;
  info.shape = {1, 4};
  info.quantization = quantization;
  return info;
}

std::vector<float> there_and_back(const TensorInfo& info, const std::vector<float>& values) {
  TensorBuffer buffer(info);
  encode_values(info, values, buffer.data());
  std::vector<float> back(values.size());
  decode_values(info, buffer.data(), back);
  return back;
}

}   // namespace

TEST("every half becomes a float and the same half again") {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = from_half(half);
    if (std::isnan(value)) continue;
    CHECK_EQUAL(to_half(value), half);
  }
}

TEST("floats round to the nearest half, ties to even") {
  CHECK_EQUAL(to_half(1.0f), 0x3c00);
  CHECK_EQUAL(to_half(1.0f + 0x1p-11f), 0x3c00);
  CHECK_EQUAL(to_half(1.0f + 3 * 0x1p-11f), 0x3c02);
  CHECK_EQUAL(to_half(2047.75f), to_half(2048.0f));
  CHECK_EQUAL(to_half(65519.0f), 0x7bff);
  CHECK_EQUAL(to_half(65520.0f), 0x7c00);
  CHECK_EQUAL(to_half(-INFINITY), 0xfc00);
  CHECK_EQUAL(to_half(0x1p-25f), 0);
  CHECK_EQUAL(to_half(0x1.8p-25f), 1);
  CHECK_EQUAL(to_half(-0.0f), 0x8000);
  CHECK(std::isnan(from_half(to_half(NAN))));
}

TEST("quantised values come back within half a step and saturate") {
  const auto info = tensor(qnn::DataType::ufix16, Quantization{0.001f, -30000});
  const auto back = there_and_back(info, {0.0f, 1.2344f, -29.9996f, 100.0f});
  CHECK_EQUAL(back[0], 0.0f);
  CHECK(std::fabs(back[1] - 1.234f) < 1e-5);
  CHECK(std::fabs(back[2] + 30.0f) < 1e-5);
  CHECK(std::fabs(back[3] - 35.535f) < 1e-4);
}

TEST("zero means the number 0, also when the quantisation has an offset") {
  TensorBuffer buffer(tensor(qnn::DataType::ufix16, Quantization{0.5f, -77}));
  buffer.fill_with_zero();
  std::uint16_t stored[4];
  std::memcpy(stored, buffer.data(), sizeof stored);
  CHECK_EQUAL(stored[0], 77);
  CHECK_EQUAL(stored[3], 77);
}

TEST("float16 and 8-bit tensors are converted too") {
  CHECK_EQUAL(there_and_back(tensor(qnn::DataType::float16), {1.5f, -2, 0, 3})[0], 1.5f);
  CHECK_EQUAL(there_and_back(tensor(qnn::DataType::sfix8, Quantization{1, 0}), {-200, -3, 0, 3})[0], -128.0f);
  CHECK_EQUAL(there_and_back(tensor(qnn::DataType::ufix8, Quantization{1, 0}), {-200, 3, 0, 3})[1], 3.0f);
}

TEST("a tensor that can't be converted is refused by name and type") {
  CHECK_THROWS("hidden_in: has type int32", require_convertible(tensor(qnn::DataType::int32)));
  CHECK_THROWS("without one scale", require_convertible(tensor(qnn::DataType::ufix16)));
}

TEST("sizes follow from QNN's type codes") {
  CHECK_EQUAL(size_of(qnn::DataType::float32), 4u);
  CHECK_EQUAL(size_of(qnn::DataType::ufix16), 2u);
  CHECK_EQUAL(size_of(qnn::DataType::int64), 8u);
  CHECK_EQUAL(size_of(qnn::DataType::bool8), 1u);
  CHECK_EQUAL(name_of(qnn::DataType::ufix16), "ufix16");
  CHECK_EQUAL(tensor(qnn::DataType::float16).bytes(), 8u);
}
