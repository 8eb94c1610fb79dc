#include "python_literal.hpp"

#include <cstdint>
#include <stdexcept>

namespace rwkv {
namespace {

void append_utf8(std::string& text, std::uint32_t point) {
  if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) throw std::invalid_argument("has no such character");
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | point >> 6);
    add(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

class LiteralParser {
 public:
  explicit LiteralParser(std::string_view literal) : rest_(literal) {}

  std::string parse() {
    is_bytes_ = rest_.starts_with('b') || rest_.starts_with('B');
    if (is_bytes_) rest_.remove_prefix(1);
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) throw std::invalid_argument("isn't a quoted literal");
    const char quote = take();
    while (true) {
      if (rest_.empty()) throw std::invalid_argument("has no closing quote");
      const char c = take();
      if (c == quote) break;
      if (c == '\\')
        escape();
      else if (is_bytes_ && static_cast<unsigned char>(c) >= 0x80)
        throw std::invalid_argument("has a non-ASCII character in bytes");
      else
        value_ += c;
    }
    if (!rest_.empty()) throw std::invalid_argument("goes on after its closing quote");
    return value_;
  }

 private:
  char take() {
    if (rest_.empty()) throw std::invalid_argument("ends in the middle of an escape");
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  std::uint32_t hexadecimal(int digits) {
    std::uint32_t number = 0;
    for (int i = 0; i < digits; ++i) {
      const int value = digit_value(take());
      if (value == 16) throw std::invalid_argument("has a bad hexadecimal escape");
      number = number << 4 | static_cast<std::uint32_t>(value);
    }
    return number;
  }

  // A byte in bytes, a character in strings.
  void add(std::uint32_t point) {
    if (!is_bytes_) return append_utf8(value_, point);
    if (point > 0xFF) throw std::invalid_argument("has a byte above 255");
    value_ += static_cast<char>(static_cast<unsigned char>(point));
  }

  void octal(char first) {
    auto number = static_cast<std::uint32_t>(digit_value(first));
    for (int i = 0; i < 2 && !rest_.empty() && digit_value(rest_[0]) < 8; ++i) {
      number = number << 3 | static_cast<std::uint32_t>(digit_value(take()));
    }
    add(number);
  }

  void escape() {
    const char c = take();
    switch (c) {
      case '\\':
      case '\'':
      case '"':
        value_ += c;
        return;
      case 'a':
        value_ += '\a';
        return;
      case 'b':
        value_ += '\b';
        return;
      case 'f':
        value_ += '\f';
        return;
      case 'n':
        value_ += '\n';
        return;
      case 'r':
        value_ += '\r';
        return;
      case 't':
        value_ += '\t';
        return;
      case 'v':
        value_ += '\v';
        return;
      case 'x':
        return add(hexadecimal(2));
      case 'u':
        if (!is_bytes_) return add(hexadecimal(4));
        break;
      case 'U':
        if (!is_bytes_) return add(hexadecimal(8));
        break;
      default:
        if (digit_value(c) < 8) return octal(c);
    }
    throw std::invalid_argument(std::string("has an unknown escape \\") + c);
  }

  std::string_view rest_;
  std::string value_;
  bool is_bytes_ = false;
};

}   // namespace

std::string parse_python_literal(std::string_view literal) { return LiteralParser(literal).parse(); }

}   // namespace rwkv
