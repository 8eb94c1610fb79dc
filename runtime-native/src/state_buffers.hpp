// What a model remembers between tokens, in the memory that its graphs read and write.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "tensor_buffer.hpp"

namespace rwkv {

/// One state tensor. The buffers change roles after every run of a graph: one is read while the other is written.
struct State {
  TensorBuffer buffers[2];
};

class StateBuffers {
 public:
  /// `memory`, which the states are taken of, must outlive them.
  explicit StateBuffers(TensorMemory& memory) : memory_(memory) {}

  /// The state that a graph reads as `input` ("state3_wkv_in"); made, as zeros, when no graph had it before. Throws
  /// Failure (format) for an element type that can't be converted.
  State& add(const TensorInfo& input);

  /// What the heads of all layers start from: raw float32, one layer after the other, which must outlive this; nothing
  /// means zeros. All states must have been added. Throws Failure (format) that blames `name` when the sizes differ.
  void use_initial(std::span<const std::byte> values, const std::string& name);

  /// Everything becomes the initial state, in the buffers that are read next.
  void reset();

  /// Everything becomes what another session's states are; both are of the same graphs.
  void copy_from(const StateBuffers& other);

  /// Puts these states, which are of one sequence, among those of several: a copy in the buffers that are read next.
  /// Throws Failure (format) when both don't store the same numbers in the same way.
  void copy_into(StateBuffers& several, std::size_t sequence) const;

  /// The reverse: these become the states of one of several sequences.
  void copy_out_of(const StateBuffers& several, std::size_t sequence);

  /// The buffers that are read next, by the names of the inputs that read them: "state0_att_shift_in", ….
  std::map<std::string, TensorBuffer*> current();

  /// What the graphs that have these states take their other tensors of.
  TensorMemory& memory() { return memory_; }

  std::size_t layers() const { return states_.size() / 3; }
  /// Which of the buffers are read next.
  unsigned role() const { return role_; }
  void swap_roles() { role_ ^= 1; }

 private:
  std::byte* place_of(std::size_t sequence, const std::string& input, const TensorInfo& own) const;

  TensorMemory& memory_;
  std::deque<State> states_;   // a deque: tensor sets point into it
  std::map<std::string, State*> by_input_;
  std::map<std::size_t, State*> wkv_;    // by layer
  std::span<const std::byte> initial_;   // float32
  unsigned role_ = 0;
};

/// The layer in a name such as "state12_wkv_in", given what stands before and behind the number.
std::optional<std::size_t> layer_in(std::string_view name, std::string_view before, std::string_view behind);

}   // namespace rwkv
