// Memory that a graph reads from or writes to.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tensor_info.hpp"

namespace rwkv {

class TensorBuffer {
 public:
  /// Zeroed memory for one tensor, aligned for vector loads.
  explicit TensorBuffer(TensorInfo info);

  const TensorInfo& info() const { return info_; }
  std::byte* data() { return memory_.get(); }
  const std::byte* data() const { return memory_.get(); }

  /// Every element becomes the number 0, whatever the tensor's quantisation offset.
  void fill_with_zero();

 private:
  struct Release {
    void operator()(std::byte* memory) const;
  };
  TensorInfo info_;
  std::unique_ptr<std::byte, Release> memory_;
};

/// The argument list of a graph's execution: descriptions of tensors, each bound to a buffer once and for all.
class TensorSet {
 public:
  /// Room for `count` tensors; bind exactly as many. The infos and the buffers must outlive the set.
  explicit TensorSet(std::size_t count) { tensors_.reserve(count); }

  /// `info` describes the tensor as the graph knows it; `memory` has info.bytes() bytes.
  void bind(const TensorInfo& info, qnn::TensorKind kind, std::byte* memory);

  std::span<qnn::Tensor> tensors() { return tensors_; }

 private:
  std::vector<qnn::Tensor> tensors_;
};

}   // namespace rwkv
