#include "json_text_field.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace rwkv {
namespace {

constexpr int most_nested = 64;

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::string> field_of_object(std::string_view wanted) {
    std::optional<std::string> found;
    expect('{');
    if (!take('}')) {
      do {
        const std::string name = string();
        expect(':');
        if (name == wanted) {
          if (peek() != '"') fail("\"" + name + "\" is not a text");
          found = string();
        } else {
          skip_value(0);
        }
      } while (take(','));
      expect('}');
    }
    if (peek() != '\0' || at_ < text_.size()) fail("something follows the object");
    return found;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument(what + " (at byte " + std::to_string(at_ + 1) + ")");
  }

  char peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(std::string("expected '") + c + "'");
  }

  std::uint32_t four_digits() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = at_ < text_.size() ? text_[at_] : ' ';
      const bool is_digit = c >= '0' && c <= '9';
      const char lower = static_cast<char>(c | 0x20);
      if (!is_digit && (lower < 'a' || lower > 'f')) fail("expected four hexadecimal digits");
      code = code << 4 | static_cast<std::uint32_t>(is_digit ? c - '0' : lower - 'a' + 10);
    }
    return code;
  }

  // A surrogate without its other half becomes U+FFFD, as JSON leaves it open what it is.
  std::uint32_t escaped_code() {
    const std::uint32_t high = four_digits();
    if (high < 0xd800 || high > 0xdfff) return high;
    if (high > 0xdbff || text_.substr(at_, 2) != "\\u") return 0xfffd;
    const std::size_t before = at_;
    at_ += 2;
    const std::uint32_t low = four_digits();
    if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    at_ = before;
    return 0xfffd;
  }

  void escape(std::string& value) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) fail("the text doesn't end");
    const char c = text_[at_++];
    const auto letter = letters.find(c);
    if (c == 'u') {
      append_utf8(value, escaped_code());
    } else if (letter != std::string_view::npos) {
      value += meanings[letter];
    } else {
      fail(std::string("unknown escape \\") + c);
    }
  }

  std::string string() {
    expect('"');
    std::string value;
    while (true) {
      if (at_ == text_.size()) fail("the text doesn't end");
      const char c = text_[at_++];
      if (c == '"') return value;
      if (c == '\\')
        escape(value);
      else
        value += c;
    }
  }

  void skip_members(char end, bool are_named, int depth) {
    if (depth == most_nested) fail("is nested too deeply");
    if (take(end)) return;
    do {
      if (are_named) string(), expect(':');
      skip_value(depth + 1);
    } while (take(','));
    expect(end);
  }

  void skip_value(int depth) {
    if (peek() == '"') {
      string();
    } else if (take('{')) {
      skip_members('}', true, depth);
    } else if (take('[')) {
      skip_members(']', false, depth);
    } else {
      const std::size_t start = at_;
      while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
      if (at_ == start) fail("expected a value");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}   // namespace

std::string json_text_field(std::string_view object, std::string_view field) {
  const auto found = Reader(object).field_of_object(field);
  if (!found) throw std::invalid_argument("has no \"" + std::string(field) + "\"");
  return *found;
}

}   // namespace rwkv
