// An RWKV model on a device: a chain of contexts with the recurrent state between tokens.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "embedding_table.hpp"
#include "htp_context.hpp"

namespace rwkv {

class RwkvSession {
 public:
  /// Loads all chunks of the model whose first is `first_chunk`. `embedding` is the raw float32 table, for models
  /// whose first chunk takes an embedding instead of a token. `initial_state` is what the heads of all layers start
  /// from, raw float32 one layer after the other; without it, or when it is empty, zeros. `device` must outlive the
  /// session. Throws Failure that names the file concerned.
  RwkvSession(const HtpDevice& device, const std::filesystem::path& first_chunk,
              const std::optional<std::filesystem::path>& embedding,
              const std::optional<std::filesystem::path>& initial_state = {});
  ~RwkvSession();

  /// Advances the state by one token and returns the logits for the next, vocabulary() of them; they stay valid until
  /// the next call. Throws Failure (argument) for a token outside the vocabulary, (backend) when QNN fails.
  std::span<const float> feed(std::uint32_t token);

  /// Forgets everything that was fed: the state becomes the initial one.
  void reset();

  std::size_t vocabulary() const { return logits_.size(); }
  std::size_t layers() const { return layers_; }
  std::vector<const HtpContext*> contexts() const;

 private:
  // One state tensor; `buffers` change roles after every token: one is read while the other is written.
  struct State {
    TensorBuffer buffers[2];
  };
  // Values that must change type on their way from one chunk to the next.
  struct Conversion {
    const TensorBuffer* from;
    TensorBuffer* to;
  };
  struct Chunk {
    std::unique_ptr<HtpContext> context;
    std::vector<TensorSet> inputs;   // two: for either role of the state buffers
    std::vector<TensorSet> outputs;
    std::vector<Conversion> conversions;   // of this chunk's outputs
  };

  void connect(std::size_t index);
  TensorBuffer& connect_input(const TensorInfo& input, std::size_t index);
  TensorBuffer& take_over(TensorBuffer* source, std::size_t source_chunk, const TensorInfo& input, std::size_t index);
  State& add_state(const TensorInfo& input, std::size_t index);
  void read_initial_state(const std::filesystem::path& file);
  void write_token(std::uint32_t token);
  [[noreturn]] void refuse(std::size_t index, const std::string& cause) const;

  std::optional<EmbeddingTable> embedding_;
  std::optional<MappedFile> initial_state_;
  std::vector<Chunk> chunks_;
  std::deque<TensorBuffer> buffers_;   // a deque: the sets point into it
  std::deque<State> states_;
  std::map<std::size_t, State*> wkv_states_;   // by layer
  TensorBuffer* token_input_ = nullptr;
  std::map<std::size_t, TensorBuffer*> row_inputs_;   // in the order of their values in a row of the table
  TensorBuffer* hidden_ = nullptr;                    // the latest chunk's
  TensorBuffer* v_first_ = nullptr;                   // the first chunk's
  TensorBuffer* logits_output_ = nullptr;
  std::vector<float> logits_;
  std::vector<float> scratch_;
  std::size_t layers_ = 0;
  unsigned role_ = 0;
};

}   // namespace rwkv
