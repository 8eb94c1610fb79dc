#include "json_writer.hpp"

#include <cmath>
#include <cstdio>

#include "utf8_stream.hpp"

namespace rwkv {

void JsonWriter::begin_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (levels_.back().has_members) text_ += ',';
  levels_.back().has_members = true;
  text_ += '\n';
  text_.append(2 * levels_.size(), ' ');
}

void JsonWriter::close(char bracket) {
  const bool has_members = levels_.back().has_members;
  levels_.pop_back();
  if (has_members) {
    text_ += '\n';
    text_.append(2 * levels_.size(), ' ');
  }
  text_ += bracket;
}

void JsonWriter::begin_object() {
  begin_value();
  text_ += '{';
  levels_.push_back({});
}

void JsonWriter::end_object() { close('}'); }

void JsonWriter::begin_array() {
  begin_value();
  text_ += '[';
  levels_.push_back({});
}

void JsonWriter::end_array() { close(']'); }

void JsonWriter::key(std::string_view name) {
  string(name);
  text_ += ": ";
  after_key_ = true;
}

void JsonWriter::string(std::string_view text) {
  begin_value();
  text_ += '"';
  for (const char c : to_valid_utf8(text)) {
    switch (c) {
      case '"':
        text_ += "\\\"";
        break;
      case '\\':
        text_ += "\\\\";
        break;
      case '\n':
        text_ += "\\n";
        break;
      case '\r':
        text_ += "\\r";
        break;
      case '\t':
        text_ += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
          text_ += escape;
        } else {
          text_ += c;
        }
    }
  }
  text_ += '"';
}

void JsonWriter::integer(std::uint64_t number) {
  begin_value();
  text_ += std::to_string(number);
}

void JsonWriter::integer(std::int64_t number) {
  begin_value();
  text_ += std::to_string(number);
}

void JsonWriter::number(double number) {
  if (!std::isfinite(number)) return null();
  begin_value();
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.10g", number);
  text_ += digits;
}

void JsonWriter::boolean(bool truth) {
  begin_value();
  text_ += truth ? "true" : "false";
}

void JsonWriter::null() {
  begin_value();
  text_ += "null";
}

std::string JsonWriter::take() {
  std::string document = std::move(text_);
  document += '\n';
  text_.clear();
  return document;
}

}   // namespace rwkv
