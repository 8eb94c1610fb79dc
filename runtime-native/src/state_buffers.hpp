// What a model remembers between tokens, in the memory that its graphs read and write.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "mapped_file.hpp"
#include "tensor_buffer.hpp"

namespace rwkv {

/// One state tensor. The buffers change roles after every run of a graph: one is read while the other is written.
struct State {
  TensorBuffer buffers[2];
};

class StateBuffers {
 public:
  /// The state that a graph reads as `input` ("state3_wkv_in"); made, as zeros, when no graph had it before. Throws
  /// Failure (format) for an element type that can't be converted.
  State& add(const TensorInfo& input);

  /// What the heads of all layers start from: raw float32, one layer after the other; an empty file means zeros. All
  /// states must have been added. Throws Failure (format) when the sizes differ.
  void use_initial(const std::filesystem::path& file);

  /// Everything becomes the initial state, in the buffers that are read next.
  void reset();

  /// Puts these states, which are of one sequence, among those of several: a copy in the buffers that are read next.
  /// Throws Failure (format) when both don't store the same numbers in the same way.
  void copy_into(StateBuffers& several, std::size_t sequence) const;

  std::size_t layers() const { return states_.size() / 3; }
  /// Which of the buffers are read next.
  unsigned role() const { return role_; }
  void swap_roles() { role_ ^= 1; }

 private:
  std::deque<State> states_;   // a deque: tensor sets point into it
  std::map<std::string, State*> by_input_;
  std::map<std::size_t, State*> wkv_;   // by layer
  std::optional<MappedFile> initial_;
  unsigned role_ = 0;
};

/// The layer in a name such as "state12_wkv_in", given what stands before and behind the number.
std::optional<std::size_t> layer_in(std::string_view name, std::string_view before, std::string_view behind);

}   // namespace rwkv
