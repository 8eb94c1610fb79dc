#include "music_tokenizers.hpp"

#include <algorithm>
#include <cstdio>

#include "utf8_stream.hpp"

namespace rwkv {
namespace {

// The code point of a valid UTF-8 character; moves past it.
std::uint32_t next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t value = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3F);
  text.remove_prefix(length);
  return value;
}

// Each instrument's shortest beginning that none before it has. Their order is the vocabulary's.
std::vector<std::string> instrument_names() {
  std::vector<std::string> names;
  for (const std::string_view instrument : {"percussion", "drum", "tuba", "marimba", "bass", "guitar", "violin",
                                            "trumpet", "piano", "sax", "flute", "lead", "pad"}) {
    std::size_t length = 1;
    while (std::ranges::count(names, instrument.substr(0, length)) > 0) ++length;
    names.emplace_back(instrument.substr(0, length));
  }
  return names;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}   // namespace

AbcTokenizer::AbcTokenizer() {
  for (std::size_t i = 0; i < characters_.size(); ++i) characters_[i] = static_cast<char>(i);
}

std::vector<std::uint32_t> AbcTokenizer::encode(std::string_view text) const {
  const std::string valid = to_valid_utf8(text);
  std::vector<std::uint32_t> tokens;
  for (std::string_view rest = valid; !rest.empty();) tokens.push_back(next_character(rest));
  return tokens;
}

std::string_view AbcTokenizer::bytes_of(std::uint32_t token) const {
  // The models know ASCII alone; 0 to 3 are marks.
  if (token <= end() || token >= characters_.size()) return {};
  return {&characters_[token], 1};
}

MidiTokenizer::MidiTokenizer() {
  words_ = {" <pad>", " <start>", " <end>"};
  for (int wait = 1; wait <= 125; ++wait) words_.push_back(" t" + std::to_string(wait));
  for (const std::string& name : instrument_names()) {
    for (unsigned note = 0; note < 128; ++note) {
      for (unsigned velocity = 0; velocity < 12; ++velocity) {
        char rest[16];
        std::snprintf(rest, sizeof rest, ":%x:%x", note, velocity);
        words_.push_back(" " + name + rest);
      }
    }
  }
  for (std::size_t i = 0; i < words_.size(); ++i) {
    ids_[std::string_view(words_[i]).substr(1)] = static_cast<std::uint32_t>(i);
  }
}

std::vector<std::uint32_t> MidiTokenizer::encode(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  std::string word;
  const auto take_word = [&] {
    if (word.empty()) return;
    const auto known = ids_.find(word);
    tokens.push_back(known == ids_.end() ? 0 : known->second);
    word.clear();
  };
  for (const char c : text) {
    if (is_space(c))
      take_word();
    else
      word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  take_word();
  return tokens;
}

std::string_view MidiTokenizer::bytes_of(std::uint32_t token) const {
  if (token == 0 || token >= words_.size()) return {};
  return words_[token];
}

}   // namespace rwkv
