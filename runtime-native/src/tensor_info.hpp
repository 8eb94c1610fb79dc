// What a graph's input or output looks like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qnn_abi.hpp"

namespace rwkv {

/// real value = (stored value + offset) * scale
struct Quantization {
  float scale = 1;
  std::int32_t offset = 0;
  bool operator==(const Quantization&) const = default;
};

struct TensorInfo {
  std::uint32_t id = 0;
  std::string name;
  qnn::DataType type = qnn::DataType::float32;
  std::vector<std::uint32_t> shape;
  std::optional<Quantization> quantization;   // for sfix and ufix types

  std::size_t elements() const;
  std::size_t bytes() const;
  /// Whether values of one can stand in a buffer of the other without conversion.
  bool has_layout_of(const TensorInfo& other) const;
};

/// A graph's inputs or outputs as QNN describes them; `file` is for messages. Throws Failure (format) for a damaged
/// description.
std::vector<TensorInfo> read_tensors(const qnn::Tensor* tensors, std::uint32_t count, const std::string& file);

/// Bytes of one element.
std::size_t size_of(qnn::DataType type);

/// "float32", "float16", "int32", "ufix16", …; unknown ones in hexadecimal.
std::string name_of(qnn::DataType type);

}   // namespace rwkv
