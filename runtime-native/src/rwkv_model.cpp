#include "rwkv_model.hpp"

#include <algorithm>
#include <future>
#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"

namespace rwkv {
namespace {

constexpr const char* decode_name = "rwkv_decode";
constexpr const char* prefill_name = "rwkv_prefill";
constexpr const char* batch_name = "rwkv_batch";

bool leaves_head_out(const LoadedContext& last_chunk) {
  for (const TensorInfo& output : last_chunk.metadata().graphs[last_chunk.decode_graph()].outputs) {
    if (output.name == "ln_out") return true;
  }
  return false;
}

std::uint64_t most_in(const ContextMetadata& metadata) {
  std::uint64_t most = 0;
  for (const GraphMetadata& graph : metadata.graphs)
    most = std::max(most, graph.memory ? graph.memory->spill_fill_bytes : 0);
  return most;
}

// Of all contexts, before the first is loaded. What is wrong with a file is said by who loads it.
std::uint64_t most_spill_fill(const QnnDevice& device, const ModelFiles& files) {
  std::vector<FileRange> all = files.chunks;
  if (files.head) all.push_back(*files.head);
  std::uint64_t most = 0;
  for (FileRange& file : all) {
    file.digest.reset();   // that is checked once
    try {
      const MappedFile binary(file);
      most = std::max(most, most_in(read_context_metadata(device.library().system(), binary.bytes(), file.name())));
    } catch (const Failure&) {
      return 0;
    }
  }
  return most;
}

}   // namespace

RwkvModel::RwkvModel(const QnnDevice& device, const ModelFiles& files, ExtraOutputs extra) : extra_(extra) {
  load(device, files);
  // Connected once to see that the contexts fit each other, and what they make together.
  TensorMemory memory(shared_memory());
  StateBuffers states(memory), batch_states(memory);
  const auto decode = decode_chain(states);
  if (decode->tokens() != 1) {
    throw Failure(FailureKind::format, files.chunks.front().name(),
                  "takes " + std::to_string(decode->tokens()) + " tokens at once and has no graph for one",
                  "use a context that has a decode graph as well");
  }
  vocabulary_ = decode->vocabulary();
  layers_ = states.layers();
  check_logits(*decode, 1);
  if (const auto prefill = prefill_chain(states)) {
    check_logits(*prefill, 1);
    prefill_tokens_ = prefill->tokens();
  }
  if (const auto batch = batch_chain(batch_states)) {
    check_logits(*batch, batch->tokens());
    sequences_ = batch->tokens();
  }
  use_table(files, decode->row_width());
  if (!files.initial_state) return;
  initial_name_ = files.initial_state->name();
  std::error_code trouble;
  const bool is_empty = std::filesystem::file_size(files.initial_state->file, trouble) == 0 && !trouble;
  if (is_empty) return;   // a model that starts from zeros
  initial_.emplace(*files.initial_state);
  use_initial(states);   // to refuse one of another size now
}

// The first context last: it has what the others share.
RwkvModel::~RwkvModel() {
  while (!contexts_.empty()) contexts_.pop_back();
}

// QNN spends most of the time on each context by itself, so binaries are loaded side by side; but one after the other in
// the emulator, which crashed now and then when contexts came from threads of their own. Libraries take a compiler's
// memory, one at a time.
void RwkvModel::load(const QnnDevice& device, const ModelFiles& files) {
  if (device.library().functions().backend_id == qnn::htp_backend_id) shared_memory_ = RpcMemory::find();
  const bool are_libraries = is_model_library(files.chunks.front().file);
  const bool are_several = files.chunks.size() > 1 || files.head;
  if (are_several && !are_libraries) group_.spill_fill_bytes = most_spill_fill(device, files);
  std::vector<std::future<std::unique_ptr<LoadedContext>>> loading;
  const auto way = device.is_emulated() || are_libraries ? std::launch::deferred : std::launch::async;
  const auto start_loading = [&](const FileRange& file) {
    loading.push_back(std::async(way, [&] { return std::make_unique<LoadedContext>(device, file, &group_); }));
  };
  // The first one makes what the others of its group share.
  for (std::size_t i = 0; i < files.chunks.size(); ++i) {
    start_loading(files.chunks[i]);
    if (i == 0) loading.front().wait();
  }
  for (auto& context : loading) contexts_.push_back(context.get());
  head_apart_ = leaves_head_out(*contexts_.back());
  if (!head_apart_) return;
  if (!files.head) {
    throw Failure(FailureKind::file, head_file_of(files.chunks.front().file).string(),
                  "is missing: the chunks were built without the head",
                  "put it into the folder of the chunks, or build them with ext_head: false");
  }
  contexts_.push_back(std::make_unique<LoadedContext>(device, *files.head, &group_));
}

// The graphs of this name in all contexts; nothing when none has one. A head takes the last token of a prompt as any
// other, and so do contexts of a single graph, whatever its name.
std::optional<GraphChain::Links> RwkvModel::find_links(std::string_view name) const {
  GraphChain::Links links;
  std::string without;
  for (const auto& context : contexts_) {
    const bool is_head = head_apart_ && context == contexts_.back();
    const bool steps = name == decode_name || (is_head && name == prefill_name);
    const auto graph = steps ? std::optional(context->decode_graph()) : context->find_graph(name);
    if (!graph) {
      without = context->name();
    } else if (is_head) {
      links.head = {context.get(), *graph};
    } else {
      links.chunks.push_back({context.get(), *graph});
    }
  }
  if (links.chunks.empty()) return {};
  if (without.empty()) return links;
  throw Failure(FailureKind::format, without, "has no graph '" + std::string(name) + "', but other chunks have",
                "use chunks that one build of rwkv-build made together");
}

std::unique_ptr<GraphChain> RwkvModel::connect(std::string_view name, StateBuffers& states) const {
  const auto links = find_links(name);
  return links ? std::make_unique<GraphChain>(*links, states, extra_) : nullptr;
}

std::unique_ptr<GraphChain> RwkvModel::decode_chain(StateBuffers& states) const { return connect(decode_name, states); }

std::unique_ptr<GraphChain> RwkvModel::prefill_chain(StateBuffers& states) const {
  return connect(prefill_name, states);
}

std::unique_ptr<GraphChain> RwkvModel::batch_chain(StateBuffers& states) const { return connect(batch_name, states); }

void RwkvModel::check_logits(const GraphChain& chain, std::size_t rows) const {
  if (chain.logit_count() == rows * vocabulary_) return;
  throw Failure(FailureKind::format, contexts_.back()->name(),
                "gives " + std::to_string(chain.logit_count()) + " logits where " + std::to_string(rows) + " × " +
                    std::to_string(vocabulary_) + " are needed",
                "build the contexts with rwkv-build");
}

void RwkvModel::use_table(const ModelFiles& files, std::size_t width) {
  if (width > 0 && !files.embedding) {
    throw Failure(FailureKind::argument, files.chunks.front().name(),
                  "takes its embedding from outside, but none was given",
                  "give the exported table: --embedding FILE.f32");
  }
  if (width == 0 && files.embedding) {
    throw Failure(FailureKind::argument, files.embedding->name(), "isn't needed: the model has its embedding inside",
                  "leave out --embedding");
  }
  if (files.embedding) table_.emplace(*files.embedding, width);
}

void RwkvModel::use_initial(StateBuffers& states) const {
  if (initial_) states.use_initial(initial_->bytes(), initial_name_);
}

void RwkvModel::check_token(std::uint32_t token) const {
  const std::size_t known = table_ ? table_->rows() : vocabulary_;
  if (token < known) return;
  throw Failure(FailureKind::argument, "token " + std::to_string(token),
                "is outside the model's vocabulary of " + std::to_string(known),
                "use the tokenizer that the model was trained with");
}

std::uint64_t RwkvModel::spill_fill_bytes() const {
  if (shares_spill_fill()) return group_.spill_fill_bytes;
  std::uint64_t all = 0;
  for (const auto& context : contexts_) all += most_in(context->metadata());
  return all;
}

std::vector<const LoadedContext*> RwkvModel::contexts() const {
  std::vector<const LoadedContext*> all;
  for (const auto& context : contexts_) all.push_back(context.get());
  return all;
}

}   // namespace rwkv
