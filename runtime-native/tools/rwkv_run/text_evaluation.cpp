#include "text_evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "embedding_table.hpp"
#include "failure.hpp"
#include "logit_statistics.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"
#include "rwkv_batch.hpp"

namespace rwkv {
namespace {

std::vector<std::uint32_t> first_tokens(const Tokenizer& tokenizer, const std::filesystem::path& path,
                                        std::size_t limit) {
  const MappedFile file(path);
  auto tokens = tokenizer.encode(file.text());
  if (tokens.size() > limit) tokens.resize(limit);
  return tokens;
}

// What evaluation has from stepping: the tokens that were fed, the one that begins a text among them, and the logits
// after each. `reference` has what those should be, where it is known.
struct Steps {
  std::vector<std::uint32_t> fed;
  std::span<const float> logits;
  const EmbeddingTable* reference;
};

// Reads the first half in calls of a block each, of which the last one has a rest that is no whole block; what follows
// is fed token by token.
PrefillAgreement compare_prefill(RwkvSession& session, const Steps& steps) {
  PrefillAgreement agreement;
  LogitComparison with_steps, with_reference;
  const std::span<const std::uint32_t> fed = steps.fed;
  const std::size_t block = session.model().prefill_tokens();
  std::size_t at = 0;
  const auto feed = [&](std::size_t count) {
    session.prefill(fed.subspan(at, count));
    const auto logits = session.logits();
    at += count;
    with_steps.add(steps.logits.subspan((at - 1) * logits.size(), logits.size()), logits);
    if (steps.reference != nullptr)
      with_reference.add(steps.reference->row(static_cast<std::uint32_t>(at - 1)), logits);
    ++agreement.compared;
  };
  session.reset();
  const std::size_t half = std::min(std::max(fed.size() / 2, block), fed.size());
  while (half - at >= block) {
    agreement.block_tokens += block;
    feed(half - at < 2 * block ? half - at : block);
  }
  while (at < fed.size()) feed(1);
  agreement.kl_mean = with_steps.kl_mean();
  agreement.kl_max = with_steps.kl_max();
  agreement.top1_agreement = with_steps.top1_agreement();
  if (steps.reference != nullptr) agreement.reference_kl_mean = with_reference.kl_mean();
  return agreement;
}

BatchAgreement compare_batch(RwkvSession& session, std::span<const std::uint32_t> fed) {
  BatchAgreement agreement;
  LogitComparison comparison;
  RwkvBatch batch(session.model());
  const std::size_t sequences = batch.sequences(), vocabulary = session.model().vocabulary();
  const std::size_t length = fed.size() / sequences, half = length / 2;
  const auto token = [&](std::size_t sequence, std::size_t at) { return fed[sequence * length + at]; };
  std::vector<float> alone;
  for (std::size_t i = 0; i < sequences; ++i) {
    session.reset();
    for (std::size_t at = 0; at < half; ++at) session.decode(token(i, at));
    batch.put_state(i, session);
    for (std::size_t at = half; at < length; ++at) {
      session.decode(token(i, at));
      const auto logits = session.logits();
      alone.insert(alone.end(), logits.begin(), logits.end());
    }
  }
  const std::span<const float> rows(alone);
  std::vector<std::uint32_t> tokens(sequences);
  for (std::size_t at = half; at < length; ++at) {
    for (std::size_t i = 0; i < sequences; ++i) tokens[i] = token(i, at);
    batch.decode(tokens);
    const auto logits = batch.logits();
    for (std::size_t i = 0; i < sequences; ++i) {
      const std::size_t row = i * (length - half) + at - half;
      comparison.add(rows.subspan(row * vocabulary, vocabulary), logits.subspan(i * vocabulary, vocabulary));
      ++agreement.compared;
    }
  }
  agreement.sequences = sequences;
  agreement.kl_mean = comparison.kl_mean();
  agreement.kl_max = comparison.kl_max();
  agreement.top1_agreement = comparison.top1_agreement();
  return agreement;
}

}   // namespace

Evaluation evaluate_text(RwkvSession& session, const Tokenizer& tokenizer, const std::filesystem::path& text,
                         std::size_t limit, const EvaluationRows& files) {
  const auto tokens = first_tokens(tokenizer, text, limit);
  const RwkvModel& model = session.model();
  std::optional<EmbeddingTable> rows;   // the same format: raw float32 rows
  if (files.reference) {
    rows.emplace(*files.reference, model.vocabulary());
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
    session.decode(previous);
    const auto logits = session.logits();
    previous = tokens[t];
    if (previous >= logits.size()) {
      throw Failure(FailureKind::argument, text.string(),
                    "has token " + std::to_string(previous) + ", outside the model's vocabulary of " +
                        std::to_string(logits.size()),
                    "use the tokenizer that the model was trained with");
    }
    score.add(logits, previous);
    if (files.probes) session.read_probes(all_probes);
    if (files.logits || model.prefill_tokens() > 0) all_logits.insert(all_logits.end(), logits.begin(), logits.end());
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
  if (!tokens.empty()) {
    Steps steps{{tokenizer.begin()}, all_logits, rows ? &*rows : nullptr};
    steps.fed.insert(steps.fed.end(), tokens.begin(), tokens.end() - 1);
    if (model.prefill_tokens() > 0) evaluation.prefill = compare_prefill(session, steps);
    if (model.sequences() > 0 && steps.fed.size() >= model.sequences())
      evaluation.batch = compare_batch(session, steps.fed);
  }
  if (rows) {
    evaluation.reference = ReferenceAgreement{reference_score.perplexity(), comparison.kl_mean(), comparison.kl_max(),
                                              comparison.top1_agreement()};
  }
  return evaluation;
}

}   // namespace rwkv
