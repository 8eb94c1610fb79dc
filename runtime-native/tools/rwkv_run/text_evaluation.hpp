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

struct Evaluation {
  std::size_t tokens = 0;
  double seconds = 0;
  double perplexity = 0;
  std::optional<ReferenceAgreement> reference;
};

/// Feeds token 0 and then the text's first `limit` tokens, scoring each prediction before its token is fed. Row t of
/// the reference, raw float32 [tokens, vocabulary], predicts the text's token t; `logits`, where it is asked for, is
/// written in the same format. Throws Failure.
Evaluation evaluate_text(RwkvSession& session, const Tokenizer& tokenizer, const std::filesystem::path& text,
                         std::size_t limit, const std::optional<std::filesystem::path>& reference,
                         const std::optional<std::filesystem::path>& logits);

}   // namespace rwkv
