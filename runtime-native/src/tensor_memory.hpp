// Where the tensors of a session lie: a few large blocks.
//
// Large, because of the pages: after a graph has run, hardly anything of a session is left in the CPU's caches, and with
// pages of 4 KiB the way to 65536 logits took half as long again (23 µs instead of 15, behind QNN's emulator).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace rwkv {

class TensorMemory {
 public:
  TensorMemory() = default;
  ~TensorMemory();
  TensorMemory(const TensorMemory&) = delete;
  TensorMemory& operator=(const TensorMemory&) = delete;

  /// Zeroed memory that begins where an HVX vector may; it lives as long as this. Throws std::bad_alloc.
  std::byte* take(std::size_t bytes);

  std::span<float> take_floats(std::size_t count) {
    return {reinterpret_cast<float*>(take(count * sizeof(float))), count};
  }

  /// Of all blocks.
  std::size_t bytes() const;

 private:
  struct Block {
    std::byte* begin;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;   // of the last block
};

}   // namespace rwkv
