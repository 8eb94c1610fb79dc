#include "test_case.hpp"
#include "text_stream.hpp"

using namespace rwkv;

namespace {

// What comes out of each byte, with a bar between.
std::string pieces(const std::string& text, std::vector<std::string> stops) {
  const auto bytes = open_tokenizer("byte");
  TextStream stream(*bytes, std::move(stops));
  std::string found;
  for (const std::uint32_t token : bytes->encode(text)) found += stream.push(token) + "|";
  return found + stream.finish() + (stream.has_stopped() ? "#" : "");
}

}   // namespace

TEST("text comes as soon as it can't be a stop string any more") {
  CHECK_EQUAL(pieces("abc", {}), "a|b|c|");
  CHECK_EQUAL(pieces("abXac", {"bXc"}), "a|||bXa|c|");
  CHECK_EQUAL(pieces("aabaa", {"aabaab"}), "|||||aabaa");
}

TEST("nothing comes from a stop string on, the first of several") {
  CHECK_EQUAL(pieces("so\n\nUser: x", {"\n\nUser:", "!"}), "s|o||||||||||#");
  CHECK_EQUAL(pieces("a!b?", {"?", "!"}), "a||||#");
}

TEST("a stop string may hold characters of several bytes, and characters are never split before it") {
  CHECK_EQUAL(pieces("é€", {"€"}), "|é||||#");
  CHECK_EQUAL(pieces("é€", {"€€"}), "|é||||€");
}

TEST("empty stop strings stop nothing") { CHECK_EQUAL(pieces("ab", {""}), "a|b|"); }
