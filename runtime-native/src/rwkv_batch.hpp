// Several texts in the making that a model moves on at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rwkv_session.hpp"

namespace rwkv {

class RwkvBatch {
 public:
  /// One sequence for each that the model's graphs take, at the model's initial state. `model` must outlive the batch.
  /// Throws Failure (argument) when the model has no graphs for several sequences.
  explicit RwkvBatch(const RwkvModel& model);

  std::size_t sequences() const { return chain_->tokens(); }

  /// A sequence, which is below sequences(), becomes a copy of what the session was fed, or the session of it. Throws
  /// Failure (argument).
  void put_state(std::size_t sequence, RwkvSession& session);
  void take_state(std::size_t sequence, RwkvSession& session) const;

  /// Advances each sequence by its token, of which there are sequences(). Throws Failure (argument), (backend).
  void decode(std::span<const std::uint32_t> tokens);

  /// What the model says comes next: vocabulary() values for each sequence, valid until the next call.
  std::span<const float> logits();

 private:
  void check_sequence(std::size_t sequence) const;

  const RwkvModel& model_;
  TensorMemory memory_{model_.shared_memory()};
  StateBuffers states_{memory_};
  std::unique_ptr<GraphChain> chain_;
  std::span<float> logits_;   // in the memory
  RunControl control_;
};

}   // namespace rwkv
