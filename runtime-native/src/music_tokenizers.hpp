// The vocabularies of the music models.
#pragma once

#include <array>
#include <string>
#include <unordered_map>

#include "tokenizer.hpp"

namespace rwkv {

/// ABC notation: a token is a character's code point; 2 begins a tune, 3 ends it.
class AbcTokenizer : public Tokenizer {
 public:
  AbcTokenizer();
  std::vector<std::uint32_t> encode(std::string_view text) const override;
  std::string_view bytes_of(std::uint32_t token) const override;
  std::uint32_t begin() const override { return 2; }
  std::uint32_t end() const override { return 3; }

 private:
  std::array<char, 128> characters_{};
};

/// MIDI as words such as "t12" and "pi:3c:7", 20096 of them, which follow from a rule.
class MidiTokenizer : public Tokenizer {
 public:
  MidiTokenizer();
  /// Words are separated by white space; what is none becomes token 0.
  std::vector<std::uint32_t> encode(std::string_view text) const override;
  /// The word with a space before it.
  std::string_view bytes_of(std::uint32_t token) const override;

 private:
  std::vector<std::string> words_;   // each behind its space
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

}   // namespace rwkv
