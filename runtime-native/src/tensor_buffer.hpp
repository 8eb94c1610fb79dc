// Memory that a graph reads from or writes to.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tensor_info.hpp"
#include "tensor_memory.hpp"

namespace rwkv {

class TensorBuffer {
 public:
  /// Zeroed memory for one tensor, taken of `memory`, which must outlive the buffer.
  TensorBuffer(TensorInfo info, TensorMemory& memory);

  const TensorInfo& info() const { return info_; }
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }

  /// Every element becomes the number 0, whatever the tensor's quantisation offset.
  void fill_with_zero();

 private:
  TensorInfo info_;
  std::byte* data_;
};

/// The argument list of a graph's execution: descriptions of tensors, each bound to a buffer once and for all.
class TensorSet {
 public:
  /// Room for `count` tensors; bind exactly as many. The infos and the buffers must outlive the set.
  explicit TensorSet(std::size_t count) { tensors_.reserve(count); }

  /// `info` describes the tensor as the graph knows it; `memory` has info.bytes() bytes. With a handle, of
  /// TensorMemory::handle_in(), QNN finds the memory by that.
  void bind(const TensorInfo& info, qnn::TensorKind kind, std::byte* memory, qnn::Handle registered = nullptr);

  std::span<qnn::Tensor> tensors() { return tensors_; }

 private:
  std::vector<qnn::Tensor> tensors_;
};

}   // namespace rwkv
