#include "world_tokenizer.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <stdexcept>

#include "failure.hpp"
#include "mapped_file.hpp"
#include "python_literal.hpp"

namespace rwkv {
namespace {

constexpr std::uint32_t largest_id = 1u << 20;   // World has 65529 tokens; a damaged id must not allocate gigabytes

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
  if (!parse_whole(line.substr(0, first), parsed.id) || parsed.id == 0 || parsed.id > largest_id) {
    throw std::invalid_argument("has a bad id");
  }
  if (!parse_whole(line.substr(last + 1), length)) throw std::invalid_argument("has a bad byte length");
  try {
    parsed.bytes = parse_python_literal(line.substr(first + 1, last - first - 1));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("its literal ") + error.what());
  }
  if (parsed.bytes.size() != length || length == 0) {
    throw std::invalid_argument("says " + std::to_string(length) + " bytes, but its literal has " +
                                std::to_string(parsed.bytes.size()));
  }
  return parsed;
}

}   // namespace

WorldTokenizer::WorldTokenizer(const std::filesystem::path& vocabulary) {
  const MappedFile file(vocabulary);
  std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  const auto refuse = [&](std::size_t line, const std::string& cause) {
    throw Failure(FailureKind::format, vocabulary.string() + ":" + std::to_string(line), cause,
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
  build_trie();
  for (unsigned byte = 1; byte < 256; ++byte) {
    const Node* node = child(nodes_[0], static_cast<unsigned char>(byte));
    if (node == nullptr || node->token == 0) {
      refuse(number, "the vocabulary ends without a token for byte " + std::to_string(byte) + " (is it truncated?)");
    }
  }
}

// Level by level over the sorted tokens: a node's range of tokens splits by the next byte into its children's.
void WorldTokenizer::build_trie() {
  std::vector<std::uint32_t> sorted;
  for (std::uint32_t id = 1; id < tokens_.size(); ++id) {
    if (!tokens_[id].empty()) sorted.push_back(id);
  }
  std::sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return tokens_[a] < tokens_[b]; });

  struct Range {
    std::size_t begin, end, depth;
  };
  nodes_.assign(1, {});
  std::vector<Range> ranges{{0, sorted.size(), 0}};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto [begin, end, depth] = ranges[i];
    // The shortest sorts first: the token that ends here. Of equal ones the lowest id counts, as in RWKV's own.
    while (begin < end && tokens_[sorted[begin]].size() == depth) {
      const std::uint32_t id = sorted[begin++];
      if (nodes_[i].token == 0 || id < nodes_[i].token) nodes_[i].token = id;
    }
    nodes_[i].first_child = static_cast<std::uint32_t>(nodes_.size());
    while (begin < end) {
      const char byte = tokens_[sorted[begin]][depth];
      std::size_t next = begin;
      while (next < end && tokens_[sorted[next]][depth] == byte) ++next;
      Node node;
      node.byte = static_cast<unsigned char>(byte);
      nodes_.push_back(node);
      ranges.push_back({begin, next, depth + 1});
      ++nodes_[i].child_count;
      begin = next;
    }
  }
}

const WorldTokenizer::Node* WorldTokenizer::child(const Node& node, unsigned char byte) const {
  const Node* begin = nodes_.data() + node.first_child;
  const Node* end = begin + node.child_count;
  const Node* found = std::lower_bound(begin, end, byte, [](const Node& n, unsigned char b) { return n.byte < b; });
  return found != end && found->byte == byte ? found : nullptr;
}

WorldTokenizer::Match WorldTokenizer::longest_match(std::string_view text) const {
  // Byte 0 is no token of the vocabulary; it stands for the end of a document.
  Match best{0, 1};
  const Node* node = &nodes_[0];
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(*node, static_cast<unsigned char>(text[i]));
    if (node == nullptr) break;
    if (node->token != 0) best = {node->token, i + 1};
  }
  return best;
}

std::vector<std::uint32_t> WorldTokenizer::encode(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  while (!text.empty()) {
    const Match match = longest_match(text);
    tokens.push_back(match.token);
    text.remove_prefix(match.length);
  }
  return tokens;
}

std::string_view WorldTokenizer::bytes_of(std::uint32_t token) const {
  if (token >= tokens_.size()) return {};
  return tokens_[token];
}

}   // namespace rwkv
