// Where the tensors of a session lie: a few large blocks.
//
// Large, because of the pages: after a graph has run, hardly anything of a session is left in the CPU's caches, and with
// pages of 4 KiB the way to 65536 logits took half as long again (23 µs instead of 15, behind QNN's emulator). On a
// Snapdragon the blocks are memory that the HTP sees too, so that graphs read and write them in place.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rpc_memory.hpp"
#include "tensor_info.hpp"

namespace rwkv {

class LoadedContext;

class TensorMemory {
 public:
  /// `shared` must outlive this; null for memory of the CPU alone.
  explicit TensorMemory(const RpcMemory* shared = nullptr) : shared_(shared) {}
  ~TensorMemory();
  TensorMemory(const TensorMemory&) = delete;
  TensorMemory& operator=(const TensorMemory&) = delete;

  /// Zeroed memory that begins where an HVX vector may; it lives as long as this. Throws std::bad_alloc.
  std::byte* take(std::size_t bytes);
  std::span<float> take_floats(std::size_t count) {
    return {reinterpret_cast<float*>(take(count * sizeof(float))), count};
  }

  /// What a context's graphs know a tensor by that was taken here: one handle for a tensor, which lives as long as this,
  /// whence `context` must live longer. Null for a tensor that is handed over with each run, as all are in memory of the
  /// CPU alone, and from the first one on that QNN refuses to register.
  qnn::Handle handle_in(const LoadedContext& context, const TensorInfo& tensor, const std::byte* taken);

  /// Of all blocks.
  std::size_t bytes() const;
  /// How many handles were made.
  std::size_t registered() const { return handles_.size(); }
  /// QNN's words where it registered no memory; "" when it was not asked, or did.
  const std::string& refusal() const { return refusal_; }

 private:
  struct Block {
    std::byte* begin;
    std::size_t size;
    int fd;   // of shared memory; -1 for the CPU's own
  };
  Block make_block(std::size_t size) const;

  const RpcMemory* shared_;
  std::vector<Block> blocks_;
  std::size_t used_ = 0;   // of the last block
  std::map<std::pair<const LoadedContext*, const std::byte*>, qnn::Handle> handles_;
  const LoadedContext* any_ = nullptr;   // that has handles
  std::string refusal_;
};

}   // namespace rwkv
