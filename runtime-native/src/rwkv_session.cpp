#include "rwkv_session.hpp"

#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"

namespace rwkv {
namespace {

constexpr const char* decode_name = "rwkv_decode";
constexpr const char* prefill_name = "rwkv_prefill";
constexpr const char* batch_name = "rwkv_batch";

bool leaves_head_out(const HtpContext& last_chunk) {
  for (const TensorInfo& output : last_chunk.metadata().graphs[last_chunk.decode_graph()].outputs) {
    if (output.name == "ln_out") return true;
  }
  return false;
}

}   // namespace

RwkvSession::RwkvSession(const HtpDevice& device, const std::filesystem::path& first_chunk,
                         const std::optional<std::filesystem::path>& embedding,
                         const std::optional<std::filesystem::path>& initial_state, ExtraOutputs extra) {
  load(device, first_chunk);
  decode_.emplace(*find_links(decode_name), states_, extra);
  if (decode_->tokens() != 1) {
    throw Failure(FailureKind::format, first_chunk.string(),
                  "takes " + std::to_string(decode_->tokens()) + " tokens at once and has no graph for one",
                  "use a context that has a decode graph as well");
  }
  if (const auto links = find_links(prefill_name)) prefill_.emplace(*links, states_, extra);
  if (const auto links = find_links(batch_name)) batch_.emplace(*links, batch_states_, extra);
  use_table(first_chunk, embedding);
  if (initial_state) states_.use_initial(*initial_state);
  reset();
}

RwkvSession::~RwkvSession() = default;

void RwkvSession::load(const HtpDevice& device, const std::filesystem::path& first_chunk) {
  for (const std::filesystem::path& file : find_chunk_files(first_chunk)) {
    contexts_.push_back(std::make_unique<HtpContext>(device, file));
  }
  head_apart_ = leaves_head_out(*contexts_.back());
  if (head_apart_) contexts_.push_back(std::make_unique<HtpContext>(device, find_head_file(first_chunk)));
}

// The graphs of this name in all contexts; nothing when none has one. A head takes the last token of a prompt as any
// other, and so do contexts of a single graph, whatever its name.
std::optional<GraphChain::Links> RwkvSession::find_links(std::string_view name) const {
  GraphChain::Links links;
  std::string without;
  for (const auto& context : contexts_) {
    const bool is_head = head_apart_ && context == contexts_.back();
    const bool steps = name == decode_name || (is_head && name == prefill_name);
    const auto graph = steps ? std::optional(context->decode_graph()) : context->find_graph(name);
    if (!graph) {
      without = context->path().string();
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

void RwkvSession::reset() {
  states_.reset();
  for (std::size_t i = 0; i < sequences(); ++i) put_state(i);
}

void RwkvSession::put_state(std::size_t sequence) {
  if (sequence >= sequences()) {
    throw Failure(FailureKind::argument, "sequence " + std::to_string(sequence),
                  "is not there: the contexts take " + std::to_string(sequences()) + " at once",
                  "build them with `batch` set to as many as are needed");
  }
  states_.copy_into(batch_states_, sequence);
}

void RwkvSession::use_table(const std::filesystem::path& first_chunk,
                            const std::optional<std::filesystem::path>& embedding) {
  const std::size_t width = decode_->row_width();
  if (width > 0 && !embedding) {
    throw Failure(FailureKind::argument, first_chunk.string(), "takes its embedding from outside, but none was given",
                  "give the exported table: --embedding FILE.f32");
  }
  if (width == 0 && embedding) {
    throw Failure(FailureKind::argument, embedding->string(), "isn't needed: the model has its embedding inside",
                  "leave out --embedding");
  }
  if (embedding) embedding_.emplace(*embedding, width);
}

void RwkvSession::check_token(std::uint32_t token) const {
  const std::size_t known = embedding_ ? embedding_->rows() : vocabulary();
  if (token < known) return;
  throw Failure(FailureKind::argument, "token " + std::to_string(token),
                "is outside the model's vocabulary of " + std::to_string(known),
                "use the tokenizer that the model was trained with");
}

void RwkvSession::run(GraphChain& chain, std::span<const std::uint32_t> tokens) {
  chain.run(tokens, embedding_ ? &*embedding_ : nullptr);
}

std::span<const float> RwkvSession::feed(std::uint32_t token) { return feed_all({&token, 1}); }

std::span<const float> RwkvSession::feed_all(std::span<const std::uint32_t> tokens) {
  for (const std::uint32_t token : tokens) check_token(token);   // all of them first: the state stays usable
  while (!tokens.empty()) {
    const bool whole_block = prefill_ && tokens.size() >= prefill_->tokens();
    GraphChain& chain = whole_block ? *prefill_ : *decode_;
    run(chain, tokens.first(chain.tokens()));
    tokens = tokens.subspan(chain.tokens());
    if (tokens.empty()) chain.read_logits(logits_);
  }
  return logits_;
}

std::span<const float> RwkvSession::feed_batch(std::span<const std::uint32_t> tokens) {
  if (!batch_ || tokens.size() != batch_->tokens()) {
    throw Failure(FailureKind::argument, std::to_string(tokens.size()) + " tokens",
                  "are not one for each of the " + std::to_string(sequences()) + " sequences of the contexts",
                  "give one for each; a sequence that has ended takes any token");
  }
  for (const std::uint32_t token : tokens) check_token(token);
  run(*batch_, tokens);
  batch_->read_logits(logits_);
  return logits_;
}

std::vector<const HtpContext*> RwkvSession::contexts() const {
  std::vector<const HtpContext*> all;
  for (const auto& context : contexts_) all.push_back(context.get());
  return all;
}

}   // namespace rwkv
