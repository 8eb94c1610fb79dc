#include "test_case.hpp"
#include "utf8_stream.hpp"

using namespace rwkv;

TEST("a character that is split between tokens comes out once, whole") {
  Utf8Stream stream;
  CHECK_EQUAL(stream.push("a\xE2"), "a");
  CHECK_EQUAL(stream.push("\x82"), "");
  CHECK_EQUAL(stream.push("\xAC!"), "\xE2\x82\xAC!");
  CHECK_EQUAL(stream.finish(), "");
}

TEST("every way to split a text gives the same text") {
  const std::string text = "aé€😀\xFFz\xC3";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j) {
      Utf8Stream stream;
      std::string joined = stream.push(text.substr(0, i));
      joined += stream.push(text.substr(i, j - i));
      joined += stream.push(text.substr(j));
      CHECK_EQUAL(joined + stream.finish(), "aé€😀\uFFFDz\uFFFD");
    }
  }
}

TEST("an unfinished character at the end becomes one U+FFFD") {
  Utf8Stream stream;
  CHECK_EQUAL(stream.push("\xF0\x9F\x98"), "");
  CHECK_EQUAL(stream.finish(), "\uFFFD");
  CHECK_EQUAL(stream.finish(), "");
}

TEST("overlong forms, surrogates and too large values are not characters") {
  CHECK_EQUAL(to_valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD");
  CHECK_EQUAL(to_valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  CHECK_EQUAL(to_valid_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK_EQUAL(to_valid_utf8("\xE2\x82z"), "\uFFFDz");
  CHECK_EQUAL(to_valid_utf8("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
}
