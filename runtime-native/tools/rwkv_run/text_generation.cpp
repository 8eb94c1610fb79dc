#include "text_generation.hpp"

#include <chrono>

#include "utf8_stream.hpp"

namespace rwkv {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}   // namespace

double Generation::prefill_tokens_per_second() const {
  // The token before the prompt is work like any other.
  return prefill_seconds > 0 ? static_cast<double>(prompt_tokens + 1) / prefill_seconds : 0;
}

double Generation::generation_tokens_per_second() const {
  // The first token comes out of the prefill.
  return generation_seconds > 0 && tokens > 1 ? static_cast<double>(tokens - 1) / generation_seconds : 0;
}

Generation generate_text(RwkvSession& session, const Tokenizer& tokenizer, TokenSampler& sampler,
                         const std::string& prompt, std::size_t limit, const QuietStdout& out) {
  Generation result;
  session.reset();
  auto fed = tokenizer.encode(prompt);
  result.prompt_tokens = fed.size();
  fed.insert(fed.begin(), tokenizer.begin());
  if (const std::size_t block = session.model().prefill_tokens(); block > 0)
    result.block_tokens = fed.size() / block * block;

  const auto start = Clock::now();
  session.prefill(fed);
  session.logits();
  result.prefill_seconds = seconds_since(start);

  Utf8Stream stream;
  auto first = Clock::now();
  while (result.tokens < limit) {
    const std::uint32_t token = sampler.sample(session.logits());
    if (result.tokens == 0) {
      result.seconds_to_first_token = seconds_since(start);
      first = Clock::now();
    } else {
      result.generation_seconds = seconds_since(first);
    }
    if (token == tokenizer.end()) break;
    ++result.tokens;
    const std::string text = stream.push(tokenizer.bytes_of(token));
    result.text += text;
    if (!out.write(text)) break;
    if (result.tokens < limit) session.decode(token);
  }
  const std::string rest = stream.finish();
  result.text += rest;
  out.write(rest);
  return result;
}

}   // namespace rwkv
