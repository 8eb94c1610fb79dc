// Prompt in, text out, with the speeds that users compare.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rwkv_session.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct Generation {
  std::string text;   // valid UTF-8
  std::size_t tokens = 0;
  std::size_t prompt_tokens = 0;   // without the one that begins a text
  std::size_t fed_tokens = 0;      // with it
  std::size_t block_tokens = 0;    // of these, fed in blocks by the prefill graphs
  double prefill_seconds = 0;
  double seconds_to_first_token = 0;
  double generation_seconds = 0;   // from the first generated token to the last
  double prefill_tokens_per_second() const;
  double generation_tokens_per_second() const;
};

/// What is asked of a text.
struct TextOrder {
  std::string prompt;
  std::size_t limit = 0;   // tokens at most
  SamplerOptions sampler;
  std::vector<std::string> stops;
  std::optional<std::filesystem::path> load_state;   // what the prompt follows, instead of the beginning of a text
  std::optional<std::filesystem::path> save_state;   // the state behind all tokens that were drawn
};

/// Reads the prompt, then generates up to the limit, a stop string, or the token that ends a text. `show` gets whole
/// characters as they come; the text ends early when it returns false. Throws Failure.
Generation generate_text(RwkvSession& session, const Tokenizer& tokenizer, const TextOrder& order,
                         const std::function<bool(std::string_view)>& show);

}   // namespace rwkv
