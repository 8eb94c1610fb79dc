// Timing of something that takes microseconds, on a machine that also does other things.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

namespace rwkv::bench {

/// The least time of several runs: what else the machine does only ever adds to it.
template <typename Body>
double best_microseconds(int rounds, const Body& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}   // namespace rwkv::bench
