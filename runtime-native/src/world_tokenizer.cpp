#include "world_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "failure.hpp"
#include "mapped_file.hpp"
#include "python_literal.hpp"

namespace rwkv {
namespace {

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

struct VocabularyLine {
  std::uint32_t id = 0;
  std::string bytes;
};

// `id literal bytelength`; the literal may itself contain spaces. Throws std::invalid_argument.
VocabularyLine parse_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    throw std::invalid_argument("isn't of the form: id literal bytelength");
  }
  VocabularyLine parsed;
  std::size_t length = 0;
  if (!parse_whole(line.substr(0, first), parsed.id) || parsed.id == 0 || parsed.id > TokenTrie::largest_token) {
    throw std::invalid_argument("has a bad id");
  }
  if (!parse_whole(line.substr(last + 1), length)) throw std::invalid_argument("has a bad byte length");
  try {
    parsed.bytes = parse_python_literal(line.substr(first + 1, last - first - 1));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("its literal ") + error.what());
  }
  if (length > TokenTrie::longest_bytes) throw std::invalid_argument("is longer than any token");
  if (parsed.bytes.size() != length || length == 0) {
    throw std::invalid_argument("says " + std::to_string(length) + " bytes, but its literal has " +
                                std::to_string(parsed.bytes.size()));
  }
  return parsed;
}

}   // namespace

WorldTokenizer::WorldTokenizer(const FileRange& vocabulary)
    : WorldTokenizer(MappedFile(vocabulary).text(), vocabulary.name()) {}

WorldTokenizer::WorldTokenizer(std::string_view vocabulary, const std::string& name) {
  std::string_view rest = vocabulary;
  const auto refuse = [&](std::size_t line, const std::string& cause) {
    throw Failure(FailureKind::format, name + ":" + std::to_string(line), cause,
                  "use an undamaged rwkv_vocab_v20230424.txt, for example the one in the 'rwkv' package from PyPI");
  };
  std::size_t number = 0;
  while (!rest.empty()) {
    ++number;
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    try {
      VocabularyLine parsed = parse_line(line);
      if (parsed.id >= tokens_.size()) tokens_.resize(parsed.id + 1);
      if (!tokens_[parsed.id].empty()) throw std::invalid_argument("repeats id " + std::to_string(parsed.id));
      tokens_[parsed.id] = std::move(parsed.bytes);
    } catch (const std::invalid_argument& error) {
      refuse(number, error.what());
    }
  }
  if (tokens_.empty()) refuse(1, "the vocabulary has no tokens");
  std::array<bool, 256> single{};
  for (const std::string& token : tokens_) {
    if (token.size() == 1) single[static_cast<unsigned char>(token.front())] = true;
  }
  for (unsigned byte = 1; byte < 256; ++byte) {
    if (!single[byte])
      refuse(number, "the vocabulary ends without a token for byte " + std::to_string(byte) + " (is it truncated?)");
  }
  trie_.emplace(tokens_);
}

std::vector<std::uint32_t> WorldTokenizer::encode(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  trie_->encode(text, tokens);
  return tokens;
}

std::string_view WorldTokenizer::bytes_of(std::uint32_t token) const {
  if (token >= tokens_.size()) return {};
  return tokens_[token];
}

}   // namespace rwkv
