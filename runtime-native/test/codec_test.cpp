#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

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
  TensorMemory memory;
  TensorBuffer buffer(info, memory);
  encode_values(info, values, buffer.data());
  std::vector<float> back(values.size());
  decode_values(info, buffer.data(), back);
  return back;
}

// What one half means, by its definition.
float half_by_itself(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return sign * (fraction == 0 ? INFINITY : NAN);
  return sign *
         static_cast<float>(exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

// The half nearest to a number, by counting its steps in double; ties to even.
std::uint16_t nearest_half(float value) {
  const int sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00);
  const double magnitude = std::fabs(double{value});
  if (magnitude >= 65520) return static_cast<std::uint16_t>(sign | 0x7c00);
  const int exponent = magnitude < 0x1p-14 ? -14 : std::ilogb(magnitude);
  const int steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  return static_cast<std::uint16_t>(sign | (steps + ((exponent + 14) << 10)));
}

template <typename Integer>
void check_decoding(qnn::DataType type, Quantization quantization) {
  std::vector<Integer> stored;
  for (int q = std::numeric_limits<Integer>::min(); q <= std::numeric_limits<Integer>::max(); ++q)
    stored.push_back(static_cast<Integer>(q));
  std::vector<float> values(stored.size());
  decode_values(tensor(type, quantization), reinterpret_cast<const std::byte*>(stored.data()), values);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const double exact = (static_cast<double>(stored[i]) + quantization.offset) * double{quantization.scale};
    CHECK_EQUAL(values[i], static_cast<float>(exact));
  }
}

template <typename Integer>
void check_encoding(qnn::DataType type, Quantization quantization) {
  std::mt19937 random(7);
  std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, 3e38f, -3e38f};
  constexpr int low = std::numeric_limits<Integer>::min(), high = std::numeric_limits<Integer>::max();
  // Halves of steps and what lies next to them, over the range and a little beyond.
  for (int i = 0; i < 20000; ++i) {
    const int steps = low - 9 + static_cast<int>(random() % (high - low + 19));
    const float value = static_cast<float>((steps + quantization.offset + 0.5) * double{quantization.scale});
    for (const float near : {value, std::nextafter(value, INFINITY), std::nextafter(value, -INFINITY)})
      values.push_back(near);
  }
  std::vector<Integer> stored(values.size());
  encode_values(tensor(type, quantization), values, reinterpret_cast<std::byte*>(stored.data()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double steps = std::nearbyint(double{values[i]} / double{quantization.scale}) - quantization.offset;
    CHECK_EQUAL(int{stored[i]}, static_cast<int>(std::fmin(std::fmax(steps, low), high)));
  }
}

}   // namespace

TEST("halves that are decoded together are what each one means") {
  std::vector<std::uint16_t> halves(0x10000);
  for (unsigned bits = 0; bits < 0x10000; ++bits) halves[bits] = static_cast<std::uint16_t>(bits);
  std::vector<float> values(halves.size());
  decode_values(tensor(qnn::DataType::float16), reinterpret_cast<const std::byte*>(halves.data()), values);
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float expected = half_by_itself(halves[bits]);
    CHECK_EQUAL(std::isnan(values[bits]), std::isnan(expected));
    CHECK_EQUAL(std::signbit(values[bits]), (bits & 0x8000) != 0);
    if (!std::isnan(expected)) CHECK_EQUAL(values[bits], expected);
  }
}

TEST("floats that are encoded together become the halves nearest to them, whatever their bits") {
  std::mt19937 random(7);
  std::vector<float> values;
  for (int i = 0; i < 200000; ++i) values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  for (int i = 0; i < 200000; ++i) {   // where halves are, and the middles between them
    const auto kept = static_cast<std::uint32_t>(random()) & 0x80fff000;
    const auto exponent = static_cast<std::uint32_t>(0x30 + random() % 0x18);
    values.push_back(std::bit_cast<float>(kept | (exponent << 24)));
  }
  std::vector<std::uint16_t> halves(values.size());
  encode_values(tensor(qnn::DataType::float16), values, reinterpret_cast<std::byte*>(halves.data()));
  for (std::size_t i = 0; i < values.size(); ++i) CHECK_EQUAL(halves[i], nearest_half(values[i]));
}

TEST("quantised numbers are decoded as in double, rounded once") {
  for (const Quantization quantization :
       {Quantization{0.00123f, -32768}, Quantization{3.1e-5f, 0}, Quantization{7, 1 << 23}}) {
    check_decoding<std::uint8_t>(qnn::DataType::ufix8, quantization);
    check_decoding<std::int8_t>(qnn::DataType::sfix8, quantization);
    check_decoding<std::uint16_t>(qnn::DataType::ufix16, quantization);
    check_decoding<std::int16_t>(qnn::DataType::sfix16, quantization);
  }
}

TEST("numbers are quantised as in double: to nearest, ties to even, saturating") {
  for (const Quantization quantization :
       {Quantization{0.00123f, -32768}, Quantization{0.25f, -77}, Quantization{3.1e-5f, 0}}) {
    check_encoding<std::uint8_t>(qnn::DataType::ufix8, quantization);
    check_encoding<std::int8_t>(qnn::DataType::sfix8, quantization);
    check_encoding<std::uint16_t>(qnn::DataType::ufix16, quantization);
    check_encoding<std::int16_t>(qnn::DataType::sfix16, quantization);
  }
  CHECK_EQUAL(there_and_back(tensor(qnn::DataType::ufix16, Quantization{1, -5}), {NAN})[0], -5.0f);
}

TEST("any number of elements is converted, and nothing behind them") {
  const auto info = tensor(qnn::DataType::ufix16, Quantization{0.5f, 0});
  for (std::size_t count = 0; count < 20; ++count) {
    const std::vector<float> values(count, 1.5f);
    std::vector<std::uint16_t> stored(count + 1, 77);
    encode_values(info, values, reinterpret_cast<std::byte*>(stored.data()));
    CHECK_EQUAL(stored[count], 77);
    std::vector<float> back(count + 1, -1.0f);
    decode_values(info, reinterpret_cast<const std::byte*>(stored.data()), std::span(back).first(count));
    CHECK_EQUAL(back[count], -1.0f);
    for (std::size_t i = 0; i < count; ++i) CHECK_EQUAL(back[i], 1.5f);
  }
}

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
  TensorMemory memory;
  TensorBuffer buffer(tensor(qnn::DataType::ufix16, Quantization{0.5f, -77}), memory);
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
  CHECK_THROWS("without one usable scale", require_convertible(tensor(qnn::DataType::ufix16)));
  CHECK_THROWS("and offset", require_convertible(tensor(qnn::DataType::ufix16, Quantization{1, -(1 << 24)})));
}

TEST("sizes follow from QNN's type codes") {
  CHECK_EQUAL(size_of(qnn::DataType::float32), 4u);
  CHECK_EQUAL(size_of(qnn::DataType::ufix16), 2u);
  CHECK_EQUAL(size_of(qnn::DataType::int64), 8u);
  CHECK_EQUAL(size_of(qnn::DataType::bool8), 1u);
  CHECK_EQUAL(name_of(qnn::DataType::ufix16), "ufix16");
  CHECK_EQUAL(tensor(qnn::DataType::float16).bytes(), 8u);
}
