#include "utf8_stream.hpp"

#include <algorithm>
#include <cstddef>

namespace rwkv {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

enum class Form { complete, unfinished, invalid };

struct Piece {
  Form form;
  std::size_t length;   // how many bytes belong to it, at least 1
};

bool within(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

// The first character of `text` by the table of well-formed sequences (Unicode, table 3-7), which excludes overlong
// forms, surrogates and everything above U+10FFFF by the range of the second byte.
Piece first_piece(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {Form::complete, 1};

  std::size_t length = 0;
  unsigned low = 0x80, high = 0xBF;
  if (within(lead, 0xC2, 0xDF))
    length = 2;
  else if (within(lead, 0xE0, 0xEF))
    length = 3;
  else if (within(lead, 0xF0, 0xF4))
    length = 4;
  else
    return {Form::invalid, 1};
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;

  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {Form::unfinished, i};
    if (!within(byte(i), low, high)) return {Form::invalid, i};
    low = 0x80;
    high = 0xBF;
  }
  return {Form::complete, length};
}

}   // namespace

const std::string& Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string_view rest = pending_;
  text_.clear();
  while (!rest.empty()) {
    const Piece piece = first_piece(rest);
    if (piece.form == Form::unfinished) break;
    if (piece.form == Form::complete)
      text_ += rest.substr(0, piece.length);
    else
      text_ += replacement;
    rest.remove_prefix(piece.length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return text_;
}

std::string Utf8Stream::finish() {
  if (pending_.empty()) return "";
  pending_.clear();
  return std::string(replacement);
}

std::string to_valid_utf8(std::string_view bytes) {
  Utf8Stream stream;
  std::string text = stream.push(bytes);
  return text + stream.finish();
}

}   // namespace rwkv
