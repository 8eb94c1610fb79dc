// Lines from stdin, of a person or of a pipe.
#pragma once

#include <optional>
#include <string>

namespace rwkv {

class LineInput {
 public:
  enum class End { none, interrupted, input };

  /// The next line without its end; nothing when the input has ended, or when a signal came meanwhile, and end() then
  /// says which. Throws Failure (file) when stdin can't be read.
  std::optional<std::string> read();
  End end() const { return end_; }

  static bool is_terminal();

 private:
  std::string buffer_;
  End end_ = End::none;
};

}   // namespace rwkv
