// Eight floats that are computed at once, in the same order and with the same result on every CPU.
//
// These are the vector extensions of GCC and Clang: two SSE2 or NEON registers, or one of AVX2. No sum depends on how
// wide a CPU's vectors are, so that a seed draws the same tokens everywhere; the build keeps compilers from contracting
// a·b + c, for the same reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Into its caller always: a copy of its own would pass vectors in another way than AVX2's callers do.
#define RWKV_INLINE inline __attribute__((always_inline))

namespace rwkv {

inline constexpr std::size_t lanes = 8;

typedef float Lanes __attribute__((vector_size(4 * lanes)));
typedef std::int32_t LaneBits __attribute__((vector_size(4 * lanes)));

RWKV_INLINE void load_lanes(const float* from, Lanes& values) { std::memcpy(&values, from, sizeof values); }
RWKV_INLINE void store_lanes(const Lanes& values, float* to) { std::memcpy(to, &values, sizeof values); }

RWKV_INLINE float sum_of_lanes(const Lanes& v) {
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
}

/// x becomes e^x, for x ≤ 0 within 2e-7 of it; 0 below −87, where it would be no normal number.
///
/// e^x = 2^n · e^r with n = round(x / ln 2), so that |r| ≤ ln 2 / 2, and e^r by the first eight terms of its series,
/// whose rest is below 6e-9. ln 2 is subtracted in two parts, of which the first has few digits, so that n·ln 2 is exact.
RWKV_INLINE void exponentiate(Lanes& x) {
  constexpr float least = -87, to_whole = 12582912.0f;   // 1.5·2^23: adding it rounds to whole numbers
  constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f, log2e = 1.44269504f;
  const LaneBits usable = reinterpret_cast<LaneBits>(x >= least);
  const Lanes shifted = x * log2e + to_whole;
  const Lanes n = shifted - to_whole;
  const Lanes r = (x - n * ln2_high) - n * ln2_low;
  Lanes series = r * (1.0f / 5040) + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  // The low bits of `shifted` are n; added to the exponent they multiply by 2^n.
  const LaneBits scaled = reinterpret_cast<LaneBits>(series) + (reinterpret_cast<LaneBits>(shifted) << 23);
  x = reinterpret_cast<Lanes>(scaled & usable);
}

/// e^x of one number, as exponentiate() gives it.
float exp_of_negative(float x);

#if defined(__x86_64__)
/// Whether what is compiled with RWKV_AVX2 may be called.
inline bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}
#define RWKV_AVX2 __attribute__((target("avx2")))
#endif

}   // namespace rwkv
