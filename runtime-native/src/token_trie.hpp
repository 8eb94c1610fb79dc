// The longest token at every place of a text, by a trie in two arrays.
//
// The trie is a double array (Aoe, "An efficient digital search algorithm by using a double-array structure", IEEE TSE
// 15(9), 1989), with exclusive or in place of addition: the child of a node by a byte is at the node's base ^ byte, if
// what stands there has that byte as its label. A step is two loads that wait for each other, so four places of a text
// are walked at once; where one walk comes to the beginning of the next, it goes on until both agree on a token's end,
// from which on they would find the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rwkv {

class TokenTrie {
 public:
  static constexpr std::uint32_t largest_token = (1u << 20) - 1;
  static constexpr std::size_t longest_bytes = 4095;

  /// `tokens` are their bytes, by id, of which there are at most largest_token; empty ones are none. Of equal ones the
  /// lowest id counts. Every single byte has to be a token, but for 0, which becomes token 0. None is longer than
  /// longest_bytes.
  explicit TokenTrie(const std::vector<std::string>& tokens);

  /// Appends the tokens of a text.
  void encode(std::string_view text, std::vector<std::uint32_t>& tokens) const;

 private:
  struct Walk;
  struct Part;
  class Builder;

  static void step(Walk& walk, const std::uint64_t* nodes, std::uint64_t root_node, const char* text);
  void emit(Walk& walk) const;
  void finish(Walk& walk, std::string_view text, std::size_t end) const;
  std::size_t encode_window(std::string_view text, std::size_t begin, std::vector<std::uint32_t>& found,
                            std::vector<std::uint32_t>& tokens) const;
  std::size_t join(std::string_view text, std::size_t at, Part part, std::vector<std::uint32_t>& tokens) const;

  std::vector<std::uint64_t> nodes_;     // by place; the root is the first
  std::vector<std::uint16_t> lengths_;   // of the tokens
};

}   // namespace rwkv
