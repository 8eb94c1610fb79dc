// What the recurrences' kernels share: a head's state as rows of vectors, where heads lie in JAX's arrays, threads.

#pragma once

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

constexpr int kSize = 64;       // channels of a head
constexpr int kKeepEvery = 16;  // tokens between the states kept for the gradient, which recomputes the others
constexpr int kWidth = 16;
constexpr int kVectors = kSize / kWidth;

typedef float Vector __attribute__((vector_size(kWidth * sizeof(float))));

struct Row {
  Vector part[kVectors];
};
using State = Row[kSize];

inline Row load(const float* from) {
  Row row;
  std::memcpy(&row, from, sizeof row);
  return row;
}

inline void store(float* to, const Row& row) { std::memcpy(to, &row, sizeof row); }

inline void add_scaled(Row& sum, float factor, const Row& row) {
  for (int i = 0; i < kVectors; i++) sum.part[i] += factor * row.part[i];
}

inline float dot(const Row& x, const Row& y) {
  Vector sum = x.part[0] * y.part[0];
  for (int i = 1; i < kVectors; i++) sum += x.part[i] * y.part[i];
  float total = 0;
  for (int i = 0; i < kWidth; i++) total += sum[i];
  return total;
}

// One head of one sequence: where its token t lies in arrays [B,T,H,N], and its state in [B,H,N,N].
struct Head {
  size_t first, token_stride, state, kept;
  size_t at(int t) const { return first + t * token_stride; }
  size_t kept_at(int block) const { return kept + static_cast<size_t>(block) * kSize * kSize; }
};

struct Shape {
  int batch, tokens, heads;
  int kept() const { return (tokens + kKeepEvery - 1) / kKeepEvery; }
  Head head(int index) const {
    const size_t b = index / heads, h = index % heads, stride = static_cast<size_t>(heads) * kSize;
    const size_t area = static_cast<size_t>(kSize) * kSize;
    return {b * tokens * stride + h * kSize, stride, index * area, index * kept() * area};
  }
};

template <typename Work>
void for_each_head(const Shape& shape, Work work) {
  const int count = shape.batch * shape.heads;
  std::atomic<int> next{0};
  auto loop = [&] {
    for (int i = next++; i < count; i = next++) work(shape.head(i));
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); i++) helpers.emplace_back(loop);
  loop();
  for (auto& helper : helpers) helper.join();
}

using In = ffi::Buffer<ffi::F32>;
using Out = ffi::Result<ffi::Buffer<ffi::F32>>;

inline Shape shape_of(const In& x) {
  const auto d = x.dimensions();
  return {static_cast<int>(d[0]), static_cast<int>(d[1]), static_cast<int>(d[2])};
}
