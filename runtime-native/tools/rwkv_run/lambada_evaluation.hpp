// How often a model finds the last word of a passage.
#pragma once

#include <span>

#include "lambada_passages.hpp"
#include "rwkv_session.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct LambadaResult {
  std::size_t passages = 0;
  double accuracy = 0;     // the share, 0 to 1, in which each token of the word is the likeliest
  double perplexity = 0;   // exp of the mean over the passages of −ln P(word)
  double seconds = 0;
};

/// Reads each passage from the beginning of a text and scores its last word, whose tokens are those of the word with the
/// space before it. Throws Failure.
LambadaResult evaluate_lambada(RwkvSession& session, const Tokenizer& tokenizer,
                               std::span<const LambadaPassage> passages);

}   // namespace rwkv
