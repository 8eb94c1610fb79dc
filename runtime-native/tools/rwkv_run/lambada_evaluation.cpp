#include "lambada_evaluation.hpp"

#include <chrono>
#include <cmath>

#include "logit_statistics.hpp"

namespace rwkv {
namespace {

struct WordScore {
  double loss = 0;   // −ln P
  bool is_found = true;
};

WordScore score_word(RwkvSession& session, const Tokenizer& tokenizer, const LambadaPassage& passage) {
  auto fed = tokenizer.encode(passage.context);
  fed.insert(fed.begin(), tokenizer.begin());
  session.reset();
  session.prefill(fed);
  WordScore score;
  bool is_first = true;
  std::uint32_t previous = 0;
  for (const std::uint32_t token : tokenizer.encode(passage.last_word)) {
    session.model().check_token(token);
    if (!is_first) session.decode(previous);
    const auto logits = session.logits();
    score.loss += log_sum_exp(logits) - double{logits[token]};
    score.is_found = score.is_found && likeliest_token(logits) == token;
    previous = token;
    is_first = false;
  }
  return score;
}

}   // namespace

LambadaResult evaluate_lambada(RwkvSession& session, const Tokenizer& tokenizer,
                               std::span<const LambadaPassage> passages) {
  LambadaResult result;
  const auto start = std::chrono::steady_clock::now();
  double loss = 0;
  std::size_t found = 0;
  for (const LambadaPassage& passage : passages) {
    const WordScore score = score_word(session, tokenizer, passage);
    loss += score.loss;
    if (score.is_found) ++found;
    ++result.passages;
  }
  const auto count = static_cast<double>(result.passages);
  result.accuracy = static_cast<double>(found) / count;
  result.perplexity = std::exp(loss / count);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}   // namespace rwkv
