#include "text_evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "embedding_table.hpp"
#include "failure.hpp"
#include "logit_statistics.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"

namespace rwkv {
namespace {

std::vector<std::uint32_t> first_tokens(const Tokenizer& tokenizer, const std::filesystem::path& path,
                                        std::size_t limit) {
  const MappedFile file(path);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  auto tokens = tokenizer.encode(text);
  if (tokens.size() > limit) tokens.resize(limit);
  return tokens;
}

// `fed` are the tokens with the one that begins a text before them, `steps` the logits after each that stepping gave.
PrefillAgreement compare_prefill(RwkvSession& session, std::span<const std::uint32_t> fed,
                                 std::span<const float> steps) {
  PrefillAgreement agreement;
  LogitComparison comparison;
  const std::size_t block = session.prefill_tokens();
  const auto compare = [&](std::size_t fed_before, std::span<const float> logits) {
    comparison.add(steps.subspan((fed_before - 1) * logits.size(), logits.size()), logits);
    ++agreement.compared;
  };
  session.reset();
  std::size_t at = 0;
  for (; at + block <= std::max(fed.size() / 2, block) && at + block <= fed.size(); at += block)
    compare(at + block, session.feed_all(fed.subspan(at, block)));
  agreement.block_tokens = at;
  for (; at < fed.size(); ++at) compare(at + 1, session.feed(fed[at]));
  agreement.kl_mean = comparison.kl_mean();
  agreement.kl_max = comparison.kl_max();
  agreement.top1_agreement = comparison.top1_agreement();
  return agreement;
}

}   // namespace

Evaluation evaluate_text(RwkvSession& session, const Tokenizer& tokenizer, const std::filesystem::path& text,
                         std::size_t limit, const EvaluationRows& files) {
  const auto tokens = first_tokens(tokenizer, text, limit);
  std::optional<EmbeddingTable> rows;   // the same format: raw float32 rows
  if (files.reference) {
    rows.emplace(*files.reference, session.vocabulary());
    if (rows->rows() < tokens.size()) {
      throw Failure(FailureKind::format, files.reference->string(),
                    "has logits for " + std::to_string(rows->rows()) + " tokens, but " + std::to_string(tokens.size()) +
                        " are evaluated",
                    "make the reference with at least as many tokens");
    }
  }

  session.reset();
  TextScore score, reference_score;
  LogitComparison comparison;
  std::vector<float> all_logits, all_probes;
  std::uint32_t previous = tokenizer.begin();
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto logits = session.feed(previous);
    previous = tokens[t];
    if (previous >= logits.size()) {
      throw Failure(FailureKind::argument, text.string(),
                    "has token " + std::to_string(previous) + ", outside the model's vocabulary of " +
                        std::to_string(logits.size()),
                    "use the tokenizer that the model was trained with");
    }
    score.add(logits, previous);
    if (files.probes) session.read_probes(all_probes);
    if (files.logits || session.prefill_tokens() > 0) all_logits.insert(all_logits.end(), logits.begin(), logits.end());
    if (rows) {
      const auto row = rows->row(static_cast<std::uint32_t>(t));
      reference_score.add(row, previous);
      comparison.add(row, logits);
    }
  }

  if (files.logits) write_output_file(*files.logits, std::as_bytes(std::span(all_logits)));
  if (files.probes) write_output_file(*files.probes, std::as_bytes(std::span(all_probes)));

  Evaluation evaluation;
  evaluation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  evaluation.tokens = score.tokens();
  evaluation.perplexity = score.perplexity();
  if (session.prefill_tokens() > 0 && !tokens.empty()) {
    std::vector<std::uint32_t> fed{tokenizer.begin()};
    fed.insert(fed.end(), tokens.begin(), tokens.end() - 1);
    evaluation.prefill = compare_prefill(session, fed, all_logits);
  }
  if (rows) {
    evaluation.reference = ReferenceAgreement{reference_score.perplexity(), comparison.kl_mean(), comparison.kl_max(),
                                              comparison.top1_agreement()};
  }
  return evaluation;
}

}   // namespace rwkv
