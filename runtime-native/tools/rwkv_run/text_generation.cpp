#include "text_generation.hpp"

#include <chrono>

#include "failure.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"
#include "text_stream.hpp"

namespace rwkv {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What the model says after the prompt is then in the session.
void read_prompt(RwkvSession& session, const Tokenizer& tokenizer, const TextOrder& order, Generation& result) {
  session.reset();
  auto fed = tokenizer.encode(order.prompt);
  result.prompt_tokens = fed.size();
  if (order.load_state) {
    const MappedFile saved(*order.load_state);
    session.load_state(saved.bytes(), order.load_state->string());
  } else {
    fed.insert(fed.begin(), tokenizer.begin());
  }
  result.fed_tokens = fed.size();
  const auto blocks = session.statistics().block_tokens;
  const auto start = Clock::now();
  session.prefill(fed);
  session.logits();
  result.prefill_seconds = seconds_since(start);
  result.block_tokens = static_cast<std::size_t>(session.statistics().block_tokens - blocks);
}

}   // namespace

double Generation::prefill_tokens_per_second() const {
  return prefill_seconds > 0 ? static_cast<double>(fed_tokens) / prefill_seconds : 0;
}

double Generation::generation_tokens_per_second() const {
  // The first token comes out of the prefill.
  return generation_seconds > 0 && tokens > 1 ? static_cast<double>(tokens - 1) / generation_seconds : 0;
}

Generation generate_text(RwkvSession& session, const Tokenizer& tokenizer, const TextOrder& order,
                         const std::function<bool(std::string_view)>& show) {
  Generation result;
  read_prompt(session, tokenizer, order, result);
  TokenSampler sampler(order.sampler);
  TextStream stream(tokenizer, order.stops);
  std::optional<std::uint32_t> unfed;
  bool is_read = true;
  auto first = Clock::now();
  const auto start = first;
  while (result.tokens < order.limit && is_read && !stream.has_stopped()) {
    if (unfed) session.decode(*unfed);
    unfed.reset();
    const std::uint32_t token = sampler.sample(session.logits());
    if (result.tokens == 0) {
      result.seconds_to_first_token = result.prefill_seconds + seconds_since(start);
      first = Clock::now();
    } else {
      result.generation_seconds = seconds_since(first);
    }
    if (token == tokenizer.end()) break;
    ++result.tokens;
    unfed = token;
    const std::string text = stream.push(token);
    result.text += text;
    is_read = show(text);
  }
  const std::string rest = stream.finish();
  result.text += rest;
  if (is_read) show(rest);
  if (order.save_state) {
    if (unfed) session.decode(*unfed);
    write_output_file(*order.save_state, session.save_state());
  }
  return result;
}

}   // namespace rwkv
