// One text in the making: a model's state, and the graphs that move it on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rwkv_model.hpp"

namespace rwkv {

/// What a session has done since it was made.
struct SessionStatistics {
  std::uint64_t block_tokens = 0;          // that were read in blocks
  std::uint64_t step_tokens = 0;           // that were read one by one
  std::chrono::nanoseconds running{0};     // in prefill(), decode() and logits()
  std::chrono::nanoseconds executing{0};   // of it, in QNN's graphExecute
  std::size_t tensor_bytes = 0;            // of the memory that its tensors lie in
  std::size_t shared_tensors = 0;          // that graphs read or write in memory which the device sees too
};

class RwkvSession {
 public:
  /// Begins with the model's initial state. `model` must outlive the session. Throws Failure.
  explicit RwkvSession(const RwkvModel& model);
  ~RwkvSession();

  /// Advances the state by one token. Throws Failure (argument) for a token outside the vocabulary, (backend) when QNN
  /// fails, (cancelled); the state is then as before.
  void decode(std::uint32_t token);

  /// Advances the state by all tokens: in blocks of the model's prefill_tokens() as far as they go, the rest one by one.
  /// Throws as decode() does; what went before the failure stays done, block by block and token by token.
  void prefill(std::span<const std::uint32_t> tokens);

  /// What the model says comes next: vocabulary() values, which stay valid until the next call that isn't const. The
  /// first call after a token takes the time of the head, where it is a graph of its own. Throws Failure (argument) when
  /// nothing has been fed, (backend).
  std::span<const float> logits();

  /// Forgets everything that was fed.
  void reset();

  /// A session of its own that goes on from here, bit for bit.
  std::unique_ptr<RwkvSession> fork();

  /// The state, and the logits where something was fed, in the format of saved_state.hpp.
  std::vector<std::byte> save_state();
  /// Goes on from what save_state() gave, of any session of the same model; `name` is for messages. Throws Failure
  /// (format) for a damaged state and for one of another model; the session is then as before.
  void load_state(std::span<const std::byte> saved, const std::string& name);

  /// From any thread: ends the call that is running between two graphs, or else the next one, by Failure (cancelled).
  void cancel() { control_.is_cancelled = true; }
  /// Takes back a cancel() that ended nothing yet.
  void forget_cancel() { control_.is_cancelled = false; }

  SessionStatistics statistics() const;
  /// QNN's words where the device has shared memory but it can't be used; else "".
  const std::string& shared_memory_refusal() const { return memory_.refusal(); }
  const RwkvModel& model() const { return model_; }

  /// For a batch, which sequences are put into and taken out of.
  StateBuffers& states() { return states_; }
  /// The state was changed through states(): there are no logits for it yet.
  void forget_logits() { logits_are_ = Logits::missing; }

  /// Of the graphs that take one token; see GraphChain.
  const std::vector<Probe>& probes() const { return decode_->probes(); }
  void read_probes(std::vector<float>& values) const { decode_->read_probes(values); }

 private:
  enum class Logits { missing, in_the_graph, read };

  void step(std::uint32_t token);
  void run(GraphChain& chain, std::span<const std::uint32_t> tokens);

  const RwkvModel& model_;
  TensorMemory memory_{model_.shared_memory()};
  StateBuffers states_{memory_};
  std::unique_ptr<GraphChain> decode_;
  std::unique_ptr<GraphChain> prefill_;   // may be null
  GraphChain* last_ = nullptr;            // that ran
  Logits logits_are_ = Logits::missing;
  std::span<float> logits_;   // in the memory
  RunControl control_;
  SessionStatistics done_;
};

}   // namespace rwkv
