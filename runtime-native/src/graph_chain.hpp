// One graph of every chunk, connected: what one hands to the next lies in the same memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "embedding_table.hpp"
#include "loaded_context.hpp"
#include "state_buffers.hpp"

namespace rwkv {

/// What to do with outputs that no RWKV graph has: probes show what goes on inside of one.
enum class ExtraOutputs { refused, probed };

/// A tensor that a chunk gives out beside the logits and the states.
struct Probe {
  std::size_t chunk;   // from 1
  const TensorBuffer* buffer;
};

/// What the runs of a session look at, and what they add up.
struct RunControl {
  std::atomic<bool> is_cancelled = false;
  std::chrono::nanoseconds executing{0};   // in QNN's graphExecute
};

class GraphChain {
 public:
  /// A graph of a context, by its place in the context's metadata.
  struct Link {
    const LoadedContext* context;
    std::size_t graph;
  };

  /// The graphs of all chunks, in their order, and that of the head, where it is in a context of its own.
  struct Links {
    std::vector<Link> chunks;
    std::optional<Link> head;
  };

  /// Connects the graphs by the names of their inputs and outputs. `links` and `states` must outlive the chain. Throws
  /// Failure (format) that names the file of a graph that doesn't fit the others.
  GraphChain(const Links& links, StateBuffers& states, ExtraOutputs extra);
  GraphChain(const GraphChain&) = delete;
  GraphChain& operator=(const GraphChain&) = delete;

  /// How many tokens one run takes: of one sequence, or one of each.
  std::size_t tokens() const { return tokens_; }
  /// Length of the row of the table that a token stands for; 0 when the graphs look tokens up themselves.
  std::size_t row_width() const;
  /// Length of the logits for one token.
  std::size_t vocabulary() const { return logits_->info().shape.back(); }
  /// The same for all tokens together: of those of a prompt only the last one has logits.
  std::size_t logit_count() const { return logits_->info().elements(); }

  /// Runs all graphs but a head's own on tokens() tokens and moves the states on. `table` is needed when row_width()
  /// isn't 0. Throws Failure (backend); Failure (cancelled) between two graphs, and the states are then as before.
  void run(std::span<const std::uint32_t> tokens, const EmbeddingTable* table, RunControl& control);

  /// What the last run said, into logit_count() values: one or more rows of vocabulary(). Runs the head, where it is a
  /// graph of its own. Throws Failure (backend).
  void read_logits(std::span<float> values, RunControl& control);

  /// In the order of the chunks and of their outputs; what one chunk hands to the next is among them.
  const std::vector<Probe>& probes() const { return probes_; }
  /// Appends the values that the last run left in all probes.
  void read_probes(std::vector<float>& values) const;

 private:
  // Values that must change type on their way from one chunk to the next.
  struct Conversion {
    const TensorBuffer* from;
    TensorBuffer* to;
  };
  struct Stage {
    Link link;
    std::vector<TensorSet> inputs;   // two: for either role of the state buffers
    std::vector<TensorSet> outputs;
    std::vector<Conversion> conversions;   // of this stage's outputs
  };

  void connect(std::size_t index);
  void execute(Stage& stage, unsigned role, RunControl& control);
  bool is_head(std::size_t index) const { return index == chunks_; }
  State& connect_state(const TensorInfo& input, std::size_t index);
  TensorBuffer& connect_input(const TensorInfo& input, std::size_t index);
  TensorBuffer& connect_output(const TensorInfo& output, std::size_t index);
  TensorBuffer& take_over(TensorBuffer* source, std::size_t source_stage, const TensorInfo& input, std::size_t index);
  qnn::Handle handle_of(const TensorBuffer& buffer, std::size_t index);
  void write_tokens(std::span<const std::uint32_t> tokens, const EmbeddingTable* table);
  const GraphMetadata& graph(std::size_t index) const;
  [[noreturn]] void refuse(std::size_t index, const std::string& cause) const;

  StateBuffers& states_;
  std::vector<Stage> stages_;   // the chunks' and the head's, if it has one
  std::size_t chunks_ = 0;
  std::deque<TensorBuffer> buffers_;   // a deque: the sets point into it
  TensorBuffer* token_input_ = nullptr;
  std::map<std::size_t, TensorBuffer*> row_inputs_;   // in the order of their values in a row of the table
  TensorBuffer* hidden_ = nullptr;                    // the latest stage's
  TensorBuffer* v_first_ = nullptr;                   // the first stage's
  TensorBuffer* normal_ = nullptr;                    // the last chunk's, when the head is a stage of its own
  TensorBuffer* logits_ = nullptr;
  ExtraOutputs extra_;
  std::vector<Probe> probes_;
  std::size_t tokens_ = 0;
  std::vector<float> scratch_;
};

}   // namespace rwkv
