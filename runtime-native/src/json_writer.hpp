// Writes JSON text, indented, in the order in which it is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rwkv {

/// begin_object, key, value, … end_object. Text is expected to be UTF-8; whatever is not becomes U+FFFD, since JSON
/// can't hold other bytes. Numbers that JSON has no word for (infinities, NaN) become null.
class JsonWriter {
 public:
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void string(std::string_view text);
  void integer(std::uint64_t number);
  void integer(std::int64_t number);
  void number(double number);
  void boolean(bool truth);
  void null();

  /// key and value in one.
  void field(std::string_view name, std::string_view text) { key(name), string(text); }
  void field(std::string_view name, std::uint64_t value) { key(name), integer(value); }
  void field(std::string_view name, double value) { key(name), number(value); }

  /// The finished document, with a final newline.
  std::string take();

 private:
  void begin_value();
  void close(char bracket);

  struct Level {
    bool has_members = false;
  };
  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}   // namespace rwkv
