// A model on a device: its contexts, loaded once for all sessions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "embedding_table.hpp"
#include "graph_chain.hpp"
#include "loaded_context.hpp"
#include "mapped_file.hpp"
#include "model_files.hpp"

namespace rwkv {

/// Doesn't change once it is loaded: sessions in several threads may share it.
class RwkvModel {
 public:
  /// Loads all contexts, several at a time. The table of the embedding is needed by models whose first chunk takes one
  /// instead of a token. `device` must outlive the model. Throws Failure that names the file concerned.
  RwkvModel(const QnnDevice& device, const ModelFiles& files, ExtraOutputs extra = ExtraOutputs::refused);
  ~RwkvModel();
  RwkvModel(const RwkvModel&) = delete;
  RwkvModel& operator=(const RwkvModel&) = delete;

  /// The graphs that take one token, as each session connects them anew; those that take a block of a prompt, and those
  /// that take a token of each of several sequences, where the contexts have them. `states` must outlive the chain.
  std::unique_ptr<GraphChain> decode_chain(StateBuffers& states) const;
  std::unique_ptr<GraphChain> prefill_chain(StateBuffers& states) const;
  std::unique_ptr<GraphChain> batch_chain(StateBuffers& states) const;

  std::size_t vocabulary() const { return vocabulary_; }
  std::size_t layers() const { return layers_; }
  /// How many tokens of a prompt are taken at once; 0 when the contexts have no graphs for that.
  std::size_t prefill_tokens() const { return prefill_tokens_; }
  /// How many sequences are moved on at once; 0 when the contexts have no graphs for that.
  std::size_t sequences() const { return sequences_; }

  /// Null for models that look tokens up themselves.
  const EmbeddingTable* table() const { return table_ ? &*table_ : nullptr; }
  /// Gives states the model's own beginning; zeros when it has none.
  void use_initial(StateBuffers& states) const;
  /// Throws Failure (argument) for a token that the model doesn't know.
  void check_token(std::uint32_t token) const;

  /// Memory that the device sees too; null where there is none.
  const RpcMemory* shared_memory() const { return shared_memory_.get(); }
  /// What its contexts need together for what spills out of VTCM; they use one buffer where the device has groups.
  std::uint64_t spill_fill_bytes() const;
  bool shares_spill_fill() const { return group_.first != nullptr && !group_.is_refused; }

  /// Of the chunks in their order, then of the head, if it has one of its own.
  std::vector<const LoadedContext*> contexts() const;

 private:
  void load(const QnnDevice& device, const ModelFiles& files);
  void check_logits(const GraphChain& chain, std::size_t rows) const;
  void use_table(const ModelFiles& files, std::size_t width);
  std::optional<GraphChain::Links> find_links(std::string_view name) const;
  std::unique_ptr<GraphChain> connect(std::string_view name, StateBuffers& states) const;

  std::unique_ptr<const RpcMemory> shared_memory_;
  ContextGroup group_;
  std::vector<std::unique_ptr<LoadedContext>> contexts_;
  bool head_apart_ = false;
  ExtraOutputs extra_;
  std::optional<EmbeddingTable> table_;
  std::optional<MappedFile> initial_;
  std::string initial_name_;
  std::size_t vocabulary_ = 0, layers_ = 0, prefill_tokens_ = 0, sequences_ = 0;
};

}   // namespace rwkv
