// Reproducible random numbers, the same on every platform and compiler.
#pragma once

#include <cstdint>

namespace rwkv {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): a counter that
/// advances by the golden ratio, scrambled by two multiplications. Plenty for drawing tokens; not for secrets.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : counter_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (counter_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t counter_;
};

}   // namespace rwkv
