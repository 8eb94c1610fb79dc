// Prompt in, text out, with the speeds that users compare.
#pragma once

#include <cstddef>
#include <string>

#include "quiet_stdout.hpp"
#include "rwkv_session.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct Generation {
  std::string text;   // valid UTF-8
  std::size_t tokens = 0;
  std::size_t prompt_tokens = 0;   // without the leading token 0
  std::size_t block_tokens = 0;    // of these, with token 0, fed in blocks by the prefill graphs
  double prefill_seconds = 0;
  double seconds_to_first_token = 0;
  double generation_seconds = 0;   // from the first generated token to the last
  double prefill_tokens_per_second() const;
  double generation_tokens_per_second() const;
};

/// Feeds token 0 and the prompt, then generates up to `limit` tokens, or until token 0 (the end of a document).
/// Streams whole characters to `out`; stops early when nobody reads them. Throws Failure.
Generation generate_text(RwkvSession& session, const Tokenizer& tokenizer, TokenSampler& sampler,
                         const std::string& prompt, std::size_t limit, const QuietStdout& out);

}   // namespace rwkv
