#include "batch_generation.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "failure.hpp"
#include "rwkv_batch.hpp"
#include "text_stream.hpp"

namespace rwkv {
namespace {

// A text in the making.
class Sequence {
 public:
  Sequence(const std::string& prompt, const Tokenizer& tokenizer, const BatchOrder& order, std::uint64_t seed)
      : text_{prompt, {}, 0},
        sampler_(with_seed(order.sampler, seed)),
        stream_(tokenizer, order.stops),
        limit_(order.limit) {}

  bool is_going_on() const { return going_on_; }
  std::uint32_t token() const { return token_; }

  void draw(std::span<const float> logits, const Tokenizer& tokenizer) {
    token_ = sampler_.sample(logits);
    going_on_ = token_ != tokenizer.end();
    if (!going_on_) return;
    text_.text += stream_.push(token_);
    going_on_ = ++text_.tokens < limit_ && !stream_.has_stopped();
  }

  BatchText finish() {
    text_.text += stream_.finish();
    return std::move(text_);
  }

 private:
  static SamplerOptions with_seed(SamplerOptions options, std::uint64_t seed) {
    options.seed = seed;
    return options;
  }

  BatchText text_;
  TokenSampler sampler_;
  TextStream stream_;
  std::size_t limit_;
  std::uint32_t token_ = 0;
  bool going_on_ = true;
};

void require_room(const RwkvModel& model, std::size_t texts) {
  if (texts <= model.sequences()) return;
  throw Failure(FailureKind::argument, std::to_string(texts) + " texts",
                "are more than the " + std::to_string(model.sequences()) + " that the contexts take at once",
                "build them with `batch` set to as many as are needed");
}

}   // namespace

double BatchGeneration::tokens_per_second() const {
  std::size_t drawn = 0;   // after the first ones, which come out of the prompts
  for (const BatchText& text : texts) drawn += std::max<std::size_t>(text.tokens, 1) - 1;
  return seconds > 0 ? static_cast<double>(drawn) / seconds : 0;
}

BatchGeneration generate_batch(const RwkvModel& model, const Tokenizer& tokenizer, const BatchOrder& order) {
  require_room(model, order.prompts.size());
  std::vector<Sequence> sequences;
  RwkvSession session(model);
  RwkvBatch batch(model);
  for (std::size_t i = 0; i < order.prompts.size(); ++i) {
    if (i == 0 || order.prompts[i] != order.prompts[i - 1]) {   // else the state after it is still there
      session.reset();
      auto fed = tokenizer.encode(order.prompts[i]);
      fed.insert(fed.begin(), tokenizer.begin());
      session.prefill(fed);
    }
    batch.put_state(i, session);
    sequences.emplace_back(order.prompts[i], tokenizer, order, order.sampler.seed + i)
        .draw(session.logits(), tokenizer);
  }

  BatchGeneration result;
  std::vector<std::uint32_t> tokens(batch.sequences(), tokenizer.begin());
  const auto goes_on = [](const Sequence& sequence) { return sequence.is_going_on(); };
  const auto start = std::chrono::steady_clock::now();
  for (; std::any_of(sequences.begin(), sequences.end(), goes_on); ++result.steps) {
    for (std::size_t i = 0; i < sequences.size(); ++i) tokens[i] = sequences[i].token();
    batch.decode(tokens);
    const auto all = batch.logits();
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      if (sequences[i].is_going_on())
        sequences[i].draw(all.subspan(i * model.vocabulary(), model.vocabulary()), tokenizer);
    }
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (Sequence& sequence : sequences) result.texts.push_back(sequence.finish());
  return result;
}

}   // namespace rwkv
