// What has to hold of every input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace rwkv {

/// Ends the process where it doesn't, so that the fuzzer keeps the input.
inline void must_hold(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", sentence);
  std::abort();
}

}   // namespace rwkv
