// RWKV's World tokenizer: the longest token of a fixed vocabulary at every place, by a trie over bytes.
#pragma once

#include <filesystem>
#include <vector>

#include "tokenizer.hpp"

namespace rwkv {

class WorldTokenizer : public Tokenizer {
 public:
  /// Reads a vocabulary file with a line `id literal bytelength` for every token (rwkv_vocab_v20230424.txt). Throws
  /// Failure (format) "FILE:LINE: …" for anything that doesn't fit.
  explicit WorldTokenizer(const std::filesystem::path& vocabulary);

  /// Any bytes can be encoded: each single byte is a token, except 0, which becomes token 0 (end of document).
  std::vector<std::uint32_t> encode(std::string_view text) const override;
  std::string_view bytes_of(std::uint32_t token) const override;

 private:
  struct Node {
    unsigned char byte = 0;   // leading to this node
    std::uint16_t child_count = 0;
    std::uint32_t first_child = 0;   // children stand side by side, in the order of their bytes
    std::uint32_t token = 0;         // that ends here; 0 for none
  };

  struct Match {
    std::uint32_t token;
    std::size_t length;
  };

  void build_trie();
  const Node* child(const Node& node, unsigned char byte) const;
  Match longest_match(std::string_view text) const;

  std::vector<std::string> tokens_;   // by id
  std::vector<Node> nodes_;           // the first is the root
};

}   // namespace rwkv
