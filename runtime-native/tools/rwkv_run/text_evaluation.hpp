// Perplexity on a text, and the distance from a reference's logits.
#pragma once

#include <filesystem>
#include <optional>

#include "rwkv_session.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct ReferenceAgreement {
  double perplexity = 0;   // the reference's own
  double kl_mean = 0;      // of KL(reference ‖ device), in nats
  double kl_max = 0;
  double top1_agreement = 0;   // 0 to 1
};

/// How far what comes out after blocks of tokens is from what comes out after steps.
struct PrefillAgreement {
  std::size_t block_tokens = 0;   // that the prefill graphs read
  std::size_t compared = 0;       // the logits after each block, and after each step that followed the last one
  double kl_mean = 0;             // of KL(steps ‖ blocks), in nats
  double kl_max = 0;
  double top1_agreement = 0;
  std::optional<double> reference_kl_mean;   // of KL(reference ‖ blocks)
};

/// How far what sequences get at once is from what each gets alone.
struct BatchAgreement {
  std::size_t sequences = 0;
  std::size_t compared = 0;   // logits
  double kl_mean = 0;         // of KL(alone ‖ at once), in nats
  double kl_max = 0;
  double top1_agreement = 0;
};

struct Evaluation {
  std::size_t tokens = 0;
  double seconds = 0;
  double perplexity = 0;
  std::optional<ReferenceAgreement> reference;
  std::optional<PrefillAgreement> prefill;   // of models with prefill graphs
  std::optional<BatchAgreement> batch;       // of models with graphs for several sequences
};

/// Raw float32 files, a row for each token of the text.
struct EvaluationRows {
  std::optional<std::filesystem::path> reference;   // read: row t predicts the text's token t
  std::optional<std::filesystem::path> logits;      // written in the same format
  std::optional<std::filesystem::path> probes;      // written: the session's probes, one after the other
};

/// Feeds token 0 and then the text's first `limit` tokens, scoring each prediction before its token is fed. With
/// prefill graphs the first half is read a second time in blocks, the other in steps, and compared with the steps
/// before and the reference. With graphs for several sequences each of them is a stretch of the text: its first half is
/// fed alone, the other both alone and beside the others'. Throws Failure.
Evaluation evaluate_text(RwkvSession& session, const Tokenizer& tokenizer, const std::filesystem::path& text,
                         std::size_t limit, const EvaluationRows& files);

}   // namespace rwkv
