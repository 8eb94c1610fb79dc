// A session's state as bytes that outlive it.
//
// Format 1, numbers little-endian:
//   8 bytes "RWKVSTAT" · u32 format · u32 tensors · u64 logits
//   for each tensor: u32 length and bytes of its name · u32 element type (QNN's) · f32 scale, i32 offset (1 and 0 where
//   there are none) · u64 length and bytes of its values
//   the logits as float32 · the SHA-256 of everything before it
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tensor_info.hpp"

namespace rwkv {

struct SavedTensor {
  std::string name;   // of the graph's input that reads it
  qnn::DataType type = qnn::DataType::float32;
  Quantization quantization;
  std::span<const std::byte> values;
};

struct SavedState {
  std::vector<SavedTensor> tensors;
  std::vector<float> logits;   // empty when nothing was fed
};

std::vector<std::byte> write_saved_state(const SavedState& state);

/// The tensors' values lie in `bytes`, which must outlive them; `name` is for messages. Throws Failure (format) for
/// anything but what write_saved_state() gave.
SavedState read_saved_state(std::span<const std::byte> bytes, const std::string& name);

}   // namespace rwkv
