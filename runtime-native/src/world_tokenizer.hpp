// RWKV's World tokenizer: the longest token of a fixed vocabulary at every place, by a trie over bytes.
#pragma once

#include <optional>
#include <vector>

#include "file_range.hpp"
#include "token_trie.hpp"
#include "tokenizer.hpp"

namespace rwkv {

class WorldTokenizer : public Tokenizer {
 public:
  /// Reads a vocabulary file with a line `id literal bytelength` for every token (rwkv_vocab_v20230424.txt). Throws
  /// Failure (format) "FILE:LINE: …" for anything that doesn't fit.
  explicit WorldTokenizer(const FileRange& vocabulary);

  /// The same of a vocabulary that lies in memory; `name` is for messages.
  WorldTokenizer(std::string_view vocabulary, const std::string& name);

  /// Any bytes can be encoded: each single byte is a token, except 0, which becomes token 0 (end of document).
  std::vector<std::uint32_t> encode(std::string_view text) const override;
  std::string_view bytes_of(std::uint32_t token) const override;

 private:
  std::vector<std::string> tokens_;   // by id
  std::optional<TokenTrie> trie_;
};

}   // namespace rwkv
