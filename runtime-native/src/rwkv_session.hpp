// An RWKV model on a device: its chunks, their state, and the graphs that move it on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "embedding_table.hpp"
#include "graph_chain.hpp"
#include "htp_context.hpp"
#include "state_buffers.hpp"

namespace rwkv {

class RwkvSession {
 public:
  /// Loads all chunks of the model whose first is `first_chunk`. `embedding` is the raw float32 table, for models
  /// whose first chunk takes an embedding instead of a token. `initial_state` is what the heads of all layers start
  /// from, raw float32 one layer after the other; without it, or when it is empty, zeros. `device` must outlive the
  /// session. Throws Failure that names the file concerned.
  RwkvSession(const HtpDevice& device, const std::filesystem::path& first_chunk,
              const std::optional<std::filesystem::path>& embedding,
              const std::optional<std::filesystem::path>& initial_state = {},
              ExtraOutputs extra = ExtraOutputs::refused);
  ~RwkvSession();

  /// Advances the state by one token and returns the logits for the next, vocabulary() of them; they stay valid until
  /// the next call. Throws Failure (argument) for a token outside the vocabulary, (backend) when QNN fails.
  std::span<const float> feed(std::uint32_t token);

  /// Advances the state by all tokens, of which there is at least one: in blocks of prefill_tokens() as far as they go,
  /// the rest one by one. Returns the logits after the last, as feed() does.
  std::span<const float> feed_all(std::span<const std::uint32_t> tokens);

  /// Forgets everything that was fed: the state becomes the initial one, and that of each sequence.
  void reset();

  /// The same, but sequences stay where they are.
  void reset_fed() { states_.reset(); }

  /// How many tokens the prefill graphs take at once; 0 when the chunks have none.
  std::size_t prefill_tokens() const { return prefill_ ? prefill_->tokens() : 0; }

  /// How many sequences feed_batch() moves on at once; 0 when the chunks have no graphs for that.
  std::size_t sequences() const { return batch_ ? batch_->tokens() : 0; }

  /// The state of a sequence, which is below sequences(), becomes a copy of what feed() and feed_all() led to. Throws
  /// Failure (argument).
  void put_state(std::size_t sequence);

  /// Advances each sequence by its token, of which there are sequences(), and returns the logits for their next ones,
  /// vocabulary() for each. What feed() goes on from stays as it is. Throws Failure (argument), (backend).
  std::span<const float> feed_batch(std::span<const std::uint32_t> tokens);

  std::size_t vocabulary() const { return decode_->vocabulary(); }
  std::size_t layers() const { return states_.layers(); }
  std::vector<const HtpContext*> contexts() const;

  /// Of the graphs that take one token; see GraphChain.
  const std::vector<Probe>& probes() const { return decode_->probes(); }
  void read_probes(std::vector<float>& values) const { decode_->read_probes(values); }

 private:
  void load(const HtpDevice& device, const std::filesystem::path& first_chunk);
  std::optional<GraphChain::Links> find_links(std::string_view name) const;
  void use_table(const std::filesystem::path& first_chunk, const std::optional<std::filesystem::path>& embedding);
  void check_token(std::uint32_t token) const;
  void run(GraphChain& chain, std::span<const std::uint32_t> tokens);

  std::vector<std::unique_ptr<HtpContext>> contexts_;   // of the chunks, then of the head, if it has one
  bool head_apart_ = false;
  StateBuffers states_;
  StateBuffers batch_states_;
  std::optional<GraphChain> decode_;
  std::optional<GraphChain> prefill_;
  std::optional<GraphChain> batch_;
  std::optional<EmbeddingTable> embedding_;
  std::vector<float> logits_;
};

}   // namespace rwkv
