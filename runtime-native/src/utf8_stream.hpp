// UTF-8 text out of tokens that may end in the middle of a character.
#pragma once

#include <string>
#include <string_view>

namespace rwkv {

class Utf8Stream {
 public:
  /// Adds bytes and returns the characters that are now complete. Bytes that can't be part of any character come out
  /// as U+FFFD, one for each longest prefix of a character, as the Unicode standard recommends. Valid until the next
  /// call; the memory is used again, so that a token costs no allocation.
  const std::string& push(std::string_view bytes);

  /// Ends the stream: an unfinished character comes out as one U+FFFD.
  std::string finish();

 private:
  std::string pending_;
  std::string text_;
};

/// The text with everything that isn't UTF-8 replaced by U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

}   // namespace rwkv
