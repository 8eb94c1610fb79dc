#include "token_trie.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace rwkv {
namespace {

// A node, from the lowest bit on: the byte that leads to it, the base of its children, the longest token on the way to
// it, and how many bytes behind that token's end have to be looked at again when it ends here.
constexpr unsigned label_bits = 9, base_bits = 23, token_bits = 20;
constexpr std::uint64_t label_mask = (1u << label_bits) - 1;
constexpr std::uint64_t no_label = 256;   // of the root, and of places where no node is
constexpr std::uint64_t largest_base = (1u << base_bits) - 1;
constexpr std::size_t root = 0;

constexpr std::uint64_t to_base(std::uint64_t base) { return base << label_bits; }
constexpr std::uint64_t to_token(std::uint64_t token) { return token << (label_bits + base_bits); }
constexpr std::uint64_t one_again = std::uint64_t{1} << (label_bits + base_bits + token_bits);

constexpr std::uint64_t base_of(std::uint64_t node) { return static_cast<std::uint32_t>(node) >> label_bits; }
constexpr std::uint32_t token_of(std::uint64_t node) {
  return static_cast<std::uint32_t>(node >> (label_bits + base_bits)) & TokenTrie::largest_token;
}
constexpr std::uint64_t again_of(std::uint64_t node) { return node / one_again; }

constexpr std::size_t open_places = 16 * 256;   // looked at for free ones: before them few are left

constexpr std::size_t walks = 4;
constexpr std::size_t stride = 16 * 1024;   // bytes of text for each: what they find stays in the cache
constexpr std::size_t steps = 64;           // between two looks at where the walks are

}   // namespace

// Puts the nodes of the sorted tokens into the arrays, level by level.
class TokenTrie::Builder {
 public:
  Builder(TokenTrie& trie, const std::vector<std::string>& tokens) : trie_(trie), tokens_(tokens) {
    for (std::uint32_t id = 1; id < tokens.size(); ++id) {
      if (!tokens[id].empty()) sorted_.push_back(id);
    }
    std::sort(sorted_.begin(), sorted_.end(), [&](auto a, auto b) { return tokens[a] < tokens[b]; });
    make_room(256);
    bases_[0] = 1;   // that of nodes without children: their places have other labels
    places_[root] = 1;
    // Byte 0 is no token of the vocabulary; it stands for the end of a document.
    nodes_.push_back({root, 0, sorted_.size(), 0});
    for (std::size_t i = 0; i < nodes_.size(); ++i) add_children(nodes_[i]);
  }

 private:
  struct Node {
    std::size_t place;
    std::size_t begin, end;   // of its tokens among the sorted ones
    std::size_t depth;
  };
  struct Child {
    std::uint64_t label;
    std::size_t begin, end;
  };

  void add_children(Node node) {   // a copy: nodes_ grows
    while (node.begin < node.end && tokens_[sorted_[node.begin]].size() == node.depth) ++node.begin;
    std::vector<Child> children;
    if (node.place == root && !begins_with_zero(node)) children.push_back({0, 0, 0});
    while (node.begin < node.end) {
      const auto byte = static_cast<unsigned char>(tokens_[sorted_[node.begin]][node.depth]);
      std::size_t next = node.begin;
      while (next < node.end && static_cast<unsigned char>(tokens_[sorted_[next]][node.depth]) == byte) ++next;
      children.push_back({byte, node.begin, next});
      node.begin = next;
    }
    if (children.empty()) return;
    const std::uint64_t base = free_base(children);
    bases_[base] = 1;
    trie_.nodes_[node.place] |= to_base(base);
    for (const Child& child : children) add_child(node, child, base ^ child.label);
  }

  // Whether the vocabulary has tokens of its own that do, which sort first.
  bool begins_with_zero(const Node& node) const {
    return node.begin < node.end && tokens_[sorted_[node.begin]].front() == '\0';
  }

  void add_child(const Node& parent, const Child& child, std::size_t place) {
    places_[place] = 1;
    std::uint64_t& node = trie_.nodes_[place];
    node = child.label;
    if (child.begin == child.end) return;   // byte 0: a token without children
    // The shortest sorts first: the tokens that end here.
    const std::size_t depth = parent.depth + 1;
    std::uint32_t ending = largest_token + 1;
    for (std::size_t i = child.begin; i < child.end && tokens_[sorted_[i]].size() == depth; ++i)
      ending = std::min(ending, sorted_[i]);
    const bool is_byte_0 = depth == 1 && child.label == 0;   // which is a token, 0, in any vocabulary
    if (ending <= largest_token) {
      node |= to_token(ending);
    } else if (!is_byte_0) {
      const std::uint64_t before = trie_.nodes_[parent.place];
      node |= to_token(token_of(before)) + (again_of(before) + 1) * one_again;
    }
    nodes_.push_back({place, child.begin, child.end, depth});
  }

  // The first base whose places for all children are free.
  std::uint64_t free_base(const std::vector<Child>& children) {
    if (places_.size() > open_places) first_free_ = std::max(first_free_, places_.size() - open_places);
    while (first_free_ < places_.size() && places_[first_free_]) ++first_free_;
    for (std::size_t place = first_free_;; ++place) {
      if (place + 256 > places_.size()) make_room(place + 256);
      const std::uint64_t base = place ^ children.front().label;
      if (places_[place] || bases_[base]) continue;
      if (base > largest_base) throw std::length_error("the vocabulary has too many tokens");
      const auto is_free = [&](const Child& child) { return !places_[base ^ child.label]; };
      if (std::all_of(children.begin(), children.end(), is_free)) return base;
    }
  }

  // Whole blocks of 256: what a base and a byte lead to is in the base's own.
  void make_room(std::size_t places) {
    const std::size_t size = (places + 255) / 256 * 256;
    places_.resize(size);
    bases_.resize(size);
    trie_.nodes_.resize(size, no_label);
  }

  TokenTrie& trie_;
  const std::vector<std::string>& tokens_;
  std::vector<std::uint32_t> sorted_;
  std::vector<Node> nodes_;
  std::vector<std::uint8_t> places_, bases_;   // 1: taken
  std::size_t first_free_ = 0;
};

TokenTrie::TokenTrie(const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) lengths_.push_back(static_cast<std::uint16_t>(token.size()));
  lengths_.resize(std::max<std::size_t>(lengths_.size(), 1));
  lengths_[0] = 1;   // of byte 0
  Builder(*this, tokens);
}

// What one walk found: the tokens from a place on.
struct TokenTrie::Part {
  std::size_t begin;
  std::span<const std::uint32_t> tokens;
};

// Where a walk through the text is, and where those tokens go that it finds. At the root a token begins.
struct TokenTrie::Walk {
  std::size_t position = 0;
  std::uint64_t node = 0;
  std::uint32_t* out = nullptr;
};

// Looks at one byte: it leads to a child, or else the longest token so far ends. Without branches, none of which could
// be foretold. What is read goes by value: what is written may not be thought to change it.
__attribute__((always_inline)) inline void TokenTrie::step(Walk& walk, const std::uint64_t* nodes,
                                                           std::uint64_t root_node, const char* text) {
  const auto byte = static_cast<unsigned char>(text[walk.position]);
  const std::uint64_t child = nodes[base_of(walk.node) ^ byte];
  const bool leads_on = (child & label_mask) == byte;
  const std::size_t forward = std::size_t{0} - std::size_t{leads_on};   // all bits or none
  *walk.out = token_of(walk.node);
  walk.out += 1 - std::size_t{leads_on};
  walk.position += ((again_of(walk.node) + 1) & forward) - again_of(walk.node);
  walk.node = root_node ^ ((root_node ^ child) & forward);
}

// The text ends: so does the longest token so far, from whose end on it goes on.
void TokenTrie::emit(Walk& walk) const {
  *walk.out++ = token_of(walk.node);
  walk.position -= again_of(walk.node);
  walk.node = nodes_[root];
}

// Goes on until a token begins at `end` or behind it.
void TokenTrie::finish(Walk& walk, std::string_view text, std::size_t end) const {
  while (walk.node != nodes_[root] || walk.position < end) {
    if (walk.position < text.size()) {
      step(walk, nodes_.data(), nodes_[root], text.data());
    } else {
      emit(walk);
    }
  }
}

void TokenTrie::encode(std::string_view text, std::vector<std::uint32_t>& tokens) const {
  std::size_t at = 0;
  std::vector<std::uint32_t> found;
  while (text.size() - at >= walks * stride) at = encode_window(text, at, found, tokens);
  // A walk never finds more tokens than bytes; one more place is written to before it counts.
  found.resize(std::max(found.size(), text.size() - at + 1));
  Walk walk{at, nodes_[root], found.data()};
  finish(walk, text, text.size());
  tokens.insert(tokens.end(), found.data(), walk.out);
}

// Returns where the window's last token ends, at the window's end or behind it. `found` is scratch memory.
std::size_t TokenTrie::encode_window(std::string_view text, std::size_t begin, std::vector<std::uint32_t>& found,
                                     std::vector<std::uint32_t>& tokens) const {
  const std::size_t room = stride + longest_bytes + 1;   // a walk's last token may end behind its part
  found.resize(walks * room);
  std::array<Walk, walks> walking;
  for (std::size_t i = 0; i < walks; ++i) {
    walking[i] = {begin + i * stride, nodes_[root], found.data() + i * room};
  }
  const std::uint64_t* const nodes = nodes_.data();
  const std::uint64_t root_node = nodes[root];
  const char* const bytes = text.data();
  std::size_t left = stride;   // that no walk can have come beyond
  while (left > steps) {
    Walk a = walking[0], b = walking[1], c = walking[2], d = walking[3];   // in registers
    for (std::size_t i = 0; i < steps; ++i) {
      step(a, nodes, root_node, bytes);
      step(b, nodes, root_node, bytes);
      step(c, nodes, root_node, bytes);
      step(d, nodes, root_node, bytes);
    }
    walking = {a, b, c, d};
    left = stride;
    for (std::size_t i = 0; i < walks; ++i) {
      const std::size_t end = begin + (i + 1) * stride;
      left = std::min(left, end - std::min(end, walking[i].position));
    }
  }
  std::size_t at = begin;
  for (std::size_t i = 0; i < walks; ++i) {
    finish(walking[i], text, begin + (i + 1) * stride);
    at = join(text, at, {begin + i * stride, {found.data() + i * room, walking[i].out}}, tokens);
  }
  return at;
}

// Goes on from `at` until a token begins where one of the part does, and takes the part's from there.
std::size_t TokenTrie::join(std::string_view text, std::size_t at, Part part,
                            std::vector<std::uint32_t>& tokens) const {
  auto next = part.tokens.begin();
  for (;;) {
    while (part.begin < at && next != part.tokens.end()) part.begin += lengths_[*next++];
    if (part.begin < at) return at;   // it ended before both agreed
    if (part.begin == at) break;
    std::uint32_t found[2];
    Walk walk{at, nodes_[root], found};
    finish(walk, text, at + 1);
    tokens.push_back(found[0]);
    at = walk.position;
  }
  tokens.insert(tokens.end(), next, part.tokens.end());
  while (next != part.tokens.end()) at += lengths_[*next++];
  return at;
}

}   // namespace rwkv
