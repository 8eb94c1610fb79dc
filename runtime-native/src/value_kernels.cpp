#include "value_kernels.hpp"

#include <cstring>
#include <limits>
#include <type_traits>

#include "float_lanes.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace rwkv {
namespace {

// Half of the lanes, in double; whole vectors of AVX2.
constexpr std::size_t half_lanes = lanes / 2;
typedef double DoubleLanes __attribute__((vector_size(8 * half_lanes)));
typedef float FewLanes __attribute__((vector_size(4 * half_lanes)));
typedef std::int32_t FewBits __attribute__((vector_size(4 * half_lanes)));

template <typename Integer>
struct Packed {
  typedef Integer All __attribute__((vector_size(sizeof(Integer) * lanes)));
  typedef Integer Few __attribute__((vector_size(sizeof(Integer) * half_lanes)));
};

template <typename Integer>
using Wider = std::conditional_t<std::is_signed_v<Integer>, std::int16_t, std::uint16_t>;

// A step turns `lanes` elements into as many others.

struct DecodeHalf {
  static constexpr std::size_t read = 2, written = 4;

  RWKV_INLINE void operator()(const std::byte* from, std::byte* to) const {
    Packed<std::uint16_t>::All stored;
    std::memcpy(&stored, from, sizeof stored);
    const LaneBits half = __builtin_convertvector(stored, LaneBits);
    const LaneBits magnitude = half & 0x7fff;
    // The exponents' biases are 15 and 127; infinity and NaN have the highest of either.
    const LaneBits to_special = (magnitude >= 0x7c00) & (112 << 23);
    const LaneBits normal = (magnitude << 13) + (112 << 23) + to_special;
    const LaneBits quiet = (magnitude > 0x7c00) & (1 << 22);                    // a NaN, as CPUs convert it
    const Lanes steps = __builtin_convertvector(magnitude, Lanes) * 0x1p-24f;   // what a subnormal counts
    const LaneBits value = (magnitude < 0x400 ? reinterpret_cast<LaneBits>(steps) : normal) | quiet;
    const LaneBits signed_value = value | ((half & 0x8000) << 16);
    std::memcpy(to, &signed_value, sizeof signed_value);
  }
};

#if defined(__aarch64__)
// The same by the instruction that every CPU has for it.
struct DecodeHalfNeon {
  static constexpr std::size_t read = 2, written = 4;

  RWKV_INLINE void operator()(const std::byte* from, std::byte* to) const {
    const float16x8_t halves = vreinterpretq_f16_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(from)));
    vst1q_f32(reinterpret_cast<float*>(to), vcvt_f32_f16(vget_low_f16(halves)));
    vst1q_f32(reinterpret_cast<float*>(to) + 4, vcvt_high_f32_f16(halves));
  }
};
#endif

struct EncodeHalf {
  static constexpr std::size_t read = 4, written = 2;

  RWKV_INLINE void operator()(const std::byte* from, std::byte* to) const {
    LaneBits bits;
    std::memcpy(&bits, from, sizeof bits);
    const LaneBits magnitude = bits & 0x7fffffff;
    // To nearest, ties to even, in the 13 bits that are dropped; from 65520 on that is infinity's exponent.
    const LaneBits rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
    LaneBits half = (rounded - (112 << 23)) >> 13;
    half = magnitude >= 0x477ff000 ? LaneBits{} + 0x7c00 : half;
    half = magnitude > 0x7f800000 ? LaneBits{} + 0x7e00 : half;
    // A subnormal counts steps of 2^-24; adding 2^23 rounds them and leaves them in the low bits.
    const Lanes steps = reinterpret_cast<Lanes>(magnitude) * 0x1p24f + 0x1p23f;
    half = magnitude < (113 << 23) ? reinterpret_cast<LaneBits>(steps) & 0x7fffff : half;
    half |= (bits >> 16) & 0x8000;
    const auto stored = __builtin_convertvector(half, Packed<std::uint16_t>::All);
    std::memcpy(to, &stored, sizeof stored);
  }
};

// In float: the sum is whole and below 2^24, so only the product is rounded.
template <typename Integer>
struct Dequantise {
  static constexpr std::size_t read = sizeof(Integer), written = 4;
  float scale;
  std::int32_t offset;

  RWKV_INLINE void operator()(const std::byte* from, std::byte* to) const {
    typename Packed<Integer>::All stored;
    std::memcpy(&stored, from, sizeof stored);
    // By way of 16 bits, where GCC finds the instructions for 8.
    const auto wider = __builtin_convertvector(stored, typename Packed<Wider<Integer>>::All);
    const LaneBits steps = __builtin_convertvector(wider, LaneBits) + offset;
    const Lanes values = __builtin_convertvector(steps, Lanes) * scale;
    std::memcpy(to, &values, sizeof values);
  }
};

// In double: a quotient in float could lie on the other side of a half.
template <typename Integer>
struct Quantise {
  static constexpr std::size_t read = 4, written = sizeof(Integer);
  double scale, offset;

  RWKV_INLINE void operator()(const std::byte* from, std::byte* to) const {
    for (std::size_t i = 0; i < lanes; i += half_lanes) {
      FewLanes values;
      std::memcpy(&values, from + i * read, sizeof values);
      constexpr double low = std::numeric_limits<Integer>::min(), high = std::numeric_limits<Integer>::max();
      DoubleLanes quotient = __builtin_convertvector(values, DoubleLanes) / scale;
      const DoubleLanes least = DoubleLanes{} + (low + offset), most = DoubleLanes{} + (high + offset);
      quotient = quotient > least ? quotient : least;   // NaN as well
      quotient = quotient < most ? quotient : most;
      constexpr double to_whole = 0x1.8p52;   // adding it rounds to whole numbers
      const DoubleLanes steps = ((quotient + to_whole) - to_whole) - offset;
      const auto stored =
          __builtin_convertvector(__builtin_convertvector(steps, FewBits), typename Packed<Integer>::Few);
      std::memcpy(to + i * written, &stored, sizeof stored);
    }
  }
};

template <typename Step>
RWKV_INLINE void for_all(const Step& step, const std::byte* from, std::byte* to, std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) step(from + i * Step::read, to + i * Step::written);
  if (i == count) return;
  std::byte last[lanes * Step::read]{}, converted[lanes * Step::written];
  std::memcpy(last, from + i * Step::read, (count - i) * Step::read);
  step(last, converted);
  std::memcpy(to + i * Step::written, converted, (count - i) * Step::written);
}

#if defined(__x86_64__)
template <typename Step>
RWKV_AVX2 void for_all_avx2(const Step& step, const std::byte* from, std::byte* to, std::size_t count) {
  for_all(step, from, to, count);
}

// By the instruction that nearly every CPU with AVX2 has for it.
__attribute__((target("avx2,f16c"))) void decode_halves_f16c(const std::byte* from, float* to, std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 2 * i))));
  for_all(DecodeHalf{}, from + 2 * i, reinterpret_cast<std::byte*>(to + i), count - i);
}
#endif

template <typename Step>
void run(const Step& step, const std::byte* from, std::byte* to, std::size_t count) {
#if defined(__x86_64__)
  if (has_avx2()) return for_all_avx2(step, from, to, count);
#endif
  for_all(step, from, to, count);
}

template <typename Step>
void encode(const Step& step, std::span<const float> values, std::byte* stored) {
  run(step, reinterpret_cast<const std::byte*>(values.data()), stored, values.size());
}

template <typename Step>
void decode(const Step& step, const std::byte* stored, std::span<float> values) {
  run(step, stored, reinterpret_cast<std::byte*>(values.data()), values.size());
}

#if defined(__x86_64__)
// Clang 14 knows no name for it in __builtin_cpu_supports().
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

}   // namespace

void encode_halves(std::span<const float> values, std::byte* stored) { encode(EncodeHalf{}, values, stored); }

void decode_halves(const std::byte* stored, std::span<float> values) {
#if defined(__x86_64__)
  static const bool converts_halves = has_f16c() && has_avx2();
  if (converts_halves) return decode_halves_f16c(stored, values.data(), values.size());
#elif defined(__aarch64__)
  return decode(DecodeHalfNeon{}, stored, values);
#endif
  decode(DecodeHalf{}, stored, values);
}

template <typename Integer>
void quantise(const Quantization& quantization, std::span<const float> values, std::byte* stored) {
  encode(Quantise<Integer>{double{quantization.scale}, double(quantization.offset)}, values, stored);
}

template <typename Integer>
void dequantise(const Quantization& quantization, const std::byte* stored, std::span<float> values) {
  decode(Dequantise<Integer>{quantization.scale, quantization.offset}, stored, values);
}

template void quantise<std::uint8_t>(const Quantization&, std::span<const float>, std::byte*);
template void quantise<std::uint16_t>(const Quantization&, std::span<const float>, std::byte*);
template void quantise<std::int8_t>(const Quantization&, std::span<const float>, std::byte*);
template void quantise<std::int16_t>(const Quantization&, std::span<const float>, std::byte*);
template void dequantise<std::uint8_t>(const Quantization&, const std::byte*, std::span<float>);
template void dequantise<std::uint16_t>(const Quantization&, const std::byte*, std::span<float>);
template void dequantise<std::int8_t>(const Quantization&, const std::byte*, std::span<float>);
template void dequantise<std::int16_t>(const Quantization&, const std::byte*, std::span<float>);

}   // namespace rwkv
