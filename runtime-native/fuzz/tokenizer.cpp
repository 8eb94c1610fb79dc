// Lines of a vocabulary, an empty line, and a text: the longest token of the vocabulary has to be found at every place,
// and the other tokenizers have to give the text back.
#include "tokenizer.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <span>

#include "failure.hpp"
#include "property.hpp"
#include "text_stream.hpp"
#include "utf8_stream.hpp"
#include "world_tokenizer.hpp"

using namespace rwkv;

namespace {

// A vocabulary has a token for each byte but 0.
std::string single_bytes() {
  std::string text;
  for (unsigned byte = 1; byte < 256; ++byte) {
    char line[32];
    std::snprintf(line, sizeof line, "%u b'\\x%02x' 1\n", byte, byte);
    text += line;
  }
  return text;
}

std::string decoded(const Tokenizer& tokenizer, const std::vector<std::uint32_t>& tokens) {
  std::string text;
  for (const std::uint32_t token : tokens) text += tokenizer.bytes_of(token);
  return text;
}

// What the trie finds, the plain way: of equal tokens the one with the lowest id.
std::vector<std::uint32_t> longest_tokens(const WorldTokenizer& tokenizer, std::span<const std::uint32_t> known,
                                          std::string_view text) {
  std::map<std::string_view, std::uint32_t> ids;
  std::size_t longest = 1;
  for (const std::uint32_t id : known) {
    const std::string_view bytes = tokenizer.bytes_of(id);
    const auto entry = ids.emplace(bytes, id).first;
    entry->second = std::min(entry->second, id);
    longest = std::max(longest, bytes.size());
  }
  std::vector<std::uint32_t> tokens;
  while (!text.empty()) {
    std::size_t length = std::min(longest, text.size());
    while (length > 0 && !ids.contains(text.substr(0, length))) --length;
    tokens.push_back(length == 0 ? 0 : ids.at(text.substr(0, length)));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return tokens;
}

std::vector<std::uint32_t> ids_in(std::string_view lines) {
  std::vector<std::uint32_t> ids(255);
  std::iota(ids.begin(), ids.end(), 1u);
  while (!lines.empty()) {
    std::uint32_t id = 0;
    const auto end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    if (std::from_chars(lines.data(), lines.data() + end, id).ec == std::errc{}) ids.push_back(id);
    lines.remove_prefix(end);
  }
  return ids;
}

void check_world(std::string_view lines, std::string_view text) {
  static const std::string bytes = single_bytes();
  try {
    const WorldTokenizer tokenizer(bytes + std::string(lines), "vocabulary.txt");
    const auto tokens = tokenizer.encode(text);
    must_hold(tokens == longest_tokens(tokenizer, ids_in(lines), text), "the longest token is taken at every place");
    TextStream stream(tokenizer, {});
    std::string streamed;
    for (const std::uint32_t token : tokens) streamed += stream.push(token);
    streamed += stream.finish();
    must_hold(streamed == to_valid_utf8(decoded(tokenizer, tokens)), "a stream of tokens is their text");
  } catch (const Failure&) {
  }
}

void check_others(std::string_view text) {
  static const auto byte = open_tokenizer("byte"), abc = open_tokenizer("abc"), midi = open_tokenizer("midi");
  std::string plain(text);
  std::erase(plain, '\0');
  must_hold(decoded(*byte, byte->encode(text)) == plain, "bytes are given back");
  std::erase_if(plain, [](char c) { return c <= 3; });   // the models' marks, and what is no ASCII
  must_hold(decoded(*abc, abc->encode(plain)) == plain, "a tune is given back");
  abc->encode(text);
  auto words = midi->encode(text);
  std::erase(words, 0u);
  must_hold(midi->encode(decoded(*midi, words)) == words, "the words of a piece are given back");
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  const std::size_t gap = std::min(given.find("\n\n"), given.size());
  const std::string_view text = given.substr(std::min(gap + 2, given.size()));
  check_world(given.substr(0, gap), text);
  check_others(text);
  return 0;
}
