#include "python_literal.hpp"
#include "random_source.hpp"
#include "test_case.hpp"
#include "token_trie.hpp"
#include "tokenizer.hpp"
#include "world_tokenizer.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

// Ids 1 to 256 for the bytes 1 to 255 (and one more), as in the World vocabulary, then some words.
std::string small_vocabulary() {
  std::string text;
  for (int byte = 1; byte < 256; ++byte) {
    char line[40];
    std::snprintf(line, sizeof line, byte < 128 ? "%d '\\x%02x' 1\n" : "%d b'\\x%02x' 1\n", byte,
                  static_cast<unsigned>(byte));
    text += line;
  }
  return text +
         "300 'he' 2\n301 'hello' 5\n302 ' world' 6\n303 'é' 2\n304 \"it's\" 4\n305 '\\n\\n' 2\n306 b'\\xe2\\x82' 2\n";
}

std::string joined(const std::vector<std::uint32_t>& tokens) {
  std::string text;
  for (const std::uint32_t token : tokens) text += std::to_string(token) + " ";
  return text;
}

std::string decoded(const Tokenizer& tokenizer, const std::vector<std::uint32_t>& tokens) {
  std::string text;
  for (const std::uint32_t token : tokens) text += tokenizer.bytes_of(token);
  return text;
}

void check_damaged(const std::string& line, const std::string& words) {
  const TemporaryFolder folder;
  const auto file = folder.write("vocabulary.txt", small_vocabulary() + line);
  CHECK_THROWS("vocabulary.txt:263: ", WorldTokenizer{file});
  CHECK_THROWS(words, WorldTokenizer{file});
}

}   // namespace

TEST("the byte tokenizer's tokens are the bytes") {
  const auto tokenizer = open_tokenizer("byte");
  CHECK_EQUAL(joined(tokenizer->encode("Aé")), "65 195 169 ");
  CHECK_EQUAL(decoded(*tokenizer, {65, 195, 169}), "Aé");
  CHECK_EQUAL(tokenizer->bytes_of(256), "");
}

TEST("the World tokenizer takes the longest token at every place") {
  const TemporaryFolder folder;
  const WorldTokenizer tokenizer(folder.write("v.txt", small_vocabulary()));
  CHECK_EQUAL(joined(tokenizer.encode("hello world")), "301 302 ");
  CHECK_EQUAL(joined(tokenizer.encode("hell")), "300 108 108 ");
  CHECK_EQUAL(joined(tokenizer.encode("it's é\n\n\n")), "304 32 303 305 10 ");
  CHECK_EQUAL(joined(tokenizer.encode("€")), "306 172 ");
}

TEST("the World tokenizer gives back any text, whatever its bytes") {
  const TemporaryFolder folder;
  const WorldTokenizer tokenizer(folder.write("v.txt", small_vocabulary()));
  std::string text = "hello world";
  for (int byte = 1; byte < 256; ++byte) text += static_cast<char>(byte);
  CHECK_EQUAL(decoded(tokenizer, tokenizer.encode(text)), text);
  CHECK_EQUAL(joined(tokenizer.encode("")), "");
}

TEST("a long text has the longest tokens too, wherever its walks begin") {
  // Few letters and long tokens: walks that begin elsewhere find others, and agree late or never.
  std::vector<std::string> tokens(256);
  for (unsigned byte = 1; byte < 256; ++byte) tokens[byte] = std::string(1, static_cast<char>(byte));
  for (const char* token : {"aa", "aab", "aaaaaaa", "ba", "bab", "abaabaab", "cc", "ccc"}) tokens.emplace_back(token);
  tokens.push_back(std::string(200, 'c'));
  tokens.emplace_back("aab");   // of equal ones the lower counts
  const TokenTrie trie(tokens);
  const auto longest = [&](std::string_view text) {
    std::uint32_t best = 0;   // byte 0
    for (std::uint32_t id = 1; id < tokens.size(); ++id) {
      const bool longer = best == 0 || tokens[id].size() > tokens[best].size();
      if (!tokens[id].empty() && longer && text.starts_with(tokens[id])) best = id;
    }
    return best;
  };
  RandomSource random(3);
  const std::vector<std::string> alphabets{"a", "ab", "aaab", "c", "abc", std::string("a\0c", 3), "\xff\xfe z"};
  for (const std::string& alphabet : alphabets) {
    for (const std::size_t size : {0, 1, 5000, 65535, 65536, 200'003}) {
      std::string text;
      while (text.size() < size) text += alphabet[random.next() % alphabet.size()];
      std::vector<std::uint32_t> found, expected;
      trie.encode(text, found);
      for (std::string_view rest = text; !rest.empty();) {
        expected.push_back(longest(rest));
        rest.remove_prefix(std::max<std::size_t>(tokens[expected.back()].size(), 1));
      }
      CHECK(found == expected);
    }
  }
}

TEST("byte 0 becomes token 0, the end of a document") {
  const TemporaryFolder folder;
  const WorldTokenizer tokenizer(folder.write("v.txt", small_vocabulary()));
  CHECK_EQUAL(joined(tokenizer.encode(std::string_view("he\0he", 5))), "300 0 300 ");
  CHECK_EQUAL(tokenizer.bytes_of(0), "");
  CHECK_EQUAL(tokenizer.bytes_of(4000000000u), "");
}

TEST("a token may begin with byte 0, which is token 0 where it stands alone") {
  const TemporaryFolder folder;
  const WorldTokenizer tokenizer(folder.write("v.txt", small_vocabulary() + "400 '\\x00h' 2\n401 '\\x00hell' 5\n"));
  CHECK_EQUAL(joined(tokenizer.encode(std::string_view("\0a\0h\0hel\0hell\0", 14))), "0 97 400 400 101 108 401 0 ");
}

TEST("a damaged vocabulary is refused with the number of its line") {
  check_damaged("400 'abc' 4\n", "says 4 bytes, but its literal has 3");
  check_damaged("400 'abc 3\n", "no closing quote");
  check_damaged("400 abc 3\n", "isn't a quoted literal");
  check_damaged("x 'abc' 3\n", "bad id");
  check_damaged("0 'abc' 3\n", "bad id");
  check_damaged("99999999 'abc' 3\n", "bad id");
  check_damaged("301 'abc' 3\n", "repeats id 301");
  check_damaged("400 'abc' three\n", "bad byte length");
  check_damaged("400 'a'+'b' 2\n", "goes on after its closing quote");
  check_damaged("400 __import__('os') 2\n", "isn't a quoted literal");
  check_damaged("400", "isn't of the form");
  check_damaged("400 '' 0\n", "says 0 bytes");
}

TEST("a truncated vocabulary is refused") {
  const TemporaryFolder folder;
  const std::string whole = small_vocabulary();
  CHECK_THROWS("without a token for byte 101 (is it truncated?)",
               WorldTokenizer{folder.write("v.txt", whole.substr(0, whole.find("101 '")))});
  CHECK_THROWS("is empty", WorldTokenizer{folder.write("empty.txt", "")});
  CHECK_THROWS("can't be read", WorldTokenizer{folder.path() / "none.txt"});
}

TEST("ABC tokens are code points, 2 begins and 3 ends a tune") {
  const auto tokenizer = open_tokenizer("abc");
  CHECK_EQUAL(joined(tokenizer->encode("X:1\n\xC3\x89\xE2\x82\xAC")), "88 58 49 10 201 8364 ");
  CHECK_EQUAL(tokenizer->begin(), 2u);
  CHECK_EQUAL(tokenizer->end(), 3u);
  CHECK_EQUAL(decoded(*tokenizer, {2, 88, 58, 3}), "X:");
}

TEST("MIDI words have the tokens of the published vocabulary, and what is no word is token 0") {
  const auto tokenizer = open_tokenizer("midi");
  CHECK_EQUAL(joined(tokenizer->encode("<start> t1\tT125  p:0:0 h d:7f:b\nt:0:0 pi:0:0 PA:7F:B")),
              "1 3 127 128 0 3199 3200 12416 20095 ");
  CHECK_EQUAL(decoded(*tokenizer, {1, 0, 13951}), " <start> pi:7f:b");
  CHECK_EQUAL(tokenizer->end(), 0u);
}

TEST("an unknown tokenizer is refused with the name that was meant") {
  CHECK_THROWS("did you mean 'world'?", open_tokenizer("wrold:file"));
  CHECK_THROWS("use byte, abc, midi, or world:FILE", open_tokenizer("world:"));
}

TEST("Python literals are parsed as Python does") {
  CHECK_EQUAL(parse_python_literal(R"('a\tb\n\\\'"')"), "a\tb\n\\'\"");
  CHECK_EQUAL(parse_python_literal(R"("it's")"), "it's");
  CHECK_EQUAL(parse_python_literal(R"(b'\xf0\x9f')"), "\xF0\x9F");
  CHECK_EQUAL(parse_python_literal(R"('\x80')"), "\xC2\x80");
  CHECK_EQUAL(parse_python_literal(R"('\u20ac\U0001f600')"), "€😀");
  CHECK_EQUAL(parse_python_literal(R"(b'\101\7')"), "A\a");
}

TEST("what isn't a plain Python literal is refused") {
  CHECK_THROWS("isn't a quoted literal", parse_python_literal("r'a'"));
  CHECK_THROWS("goes on", parse_python_literal("''''''"));
  CHECK_THROWS("unknown escape", parse_python_literal(R"('\N{BULLET}')"));
  CHECK_THROWS("unknown escape", parse_python_literal(R"(b'\u20ac')"));
  CHECK_THROWS("bad hexadecimal", parse_python_literal(R"('\x4')"));
  CHECK_THROWS("no such character", parse_python_literal(R"('\ud800')"));
  CHECK_THROWS("no such character", parse_python_literal(R"('\U00110000')"));
  CHECK_THROWS("above 255", parse_python_literal(R"(b'\777')"));
  CHECK_THROWS("non-ASCII", parse_python_literal("b'é'"));
  CHECK_THROWS("middle of an escape", parse_python_literal("'\\"));
}

TEST("the real World vocabulary is read and gives known tokens") {
  if (!test::surroundings().world_vocabulary) test::skip("--world-vocabulary");
  const WorldTokenizer tokenizer(*test::surroundings().world_vocabulary);
  CHECK_EQUAL(joined(tokenizer.encode("Hello, world!\n\n")), "33155 45 40213 34 261 ");
  const std::string text = "User: 你好，世界 — naïve café 😀\r\n\tint main() { return 0; }\n\nAssistant:";
  CHECK_EQUAL(decoded(tokenizer, tokenizer.encode(text)), text);
  CHECK(tokenizer.encode(text).size() < text.size() / 2);
}
