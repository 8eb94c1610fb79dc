#include "rwkv_session.hpp"

#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"

namespace rwkv {
namespace {

constexpr const char* prefill_name = "rwkv_prefill";

}   // namespace

RwkvSession::RwkvSession(const HtpDevice& device, const std::filesystem::path& first_chunk,
                         const std::optional<std::filesystem::path>& embedding,
                         const std::optional<std::filesystem::path>& initial_state, ExtraOutputs extra) {
  std::vector<GraphChain::Link> decode;
  for (const std::filesystem::path& file : find_chunk_files(first_chunk)) {
    contexts_.push_back(std::make_unique<HtpContext>(device, file));
    decode.push_back({contexts_.back().get(), contexts_.back()->decode_graph()});
  }
  decode_.emplace(std::move(decode), states_, extra);
  if (decode_->tokens() != 1) {
    throw Failure(FailureKind::format, first_chunk.string(),
                  "takes " + std::to_string(decode_->tokens()) + " tokens at once and has no graph for one",
                  "use a context that has a decode graph as well");
  }
  connect_prefill(extra);
  use_table(first_chunk, embedding);
  if (initial_state) states_.use_initial(*initial_state);
  reset();
}

RwkvSession::~RwkvSession() = default;

void RwkvSession::connect_prefill(ExtraOutputs extra) {
  std::vector<GraphChain::Link> links;
  std::string without;
  for (const auto& context : contexts_) {
    const auto graph = context->find_graph(prefill_name);
    if (graph) {
      links.push_back({context.get(), *graph});
    } else {
      without = context->path().string();
    }
  }
  if (links.empty()) return;
  if (!without.empty()) {
    throw Failure(FailureKind::format, without, "has no prefill graph, but other chunks have",
                  "use chunks that one build of rwkv-build made together");
  }
  prefill_.emplace(std::move(links), states_, extra);
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

std::vector<const HtpContext*> RwkvSession::contexts() const {
  std::vector<const HtpContext*> all;
  for (const auto& context : contexts_) all.push_back(context.get());
  return all;
}

}   // namespace rwkv
