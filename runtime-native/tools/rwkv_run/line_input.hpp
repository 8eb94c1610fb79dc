// Lines from stdin, of a person or of a pipe.
#pragma once

#include <optional>
#include <string>

namespace rwkv {

class LineInput {
 public:
  enum class End { none, interrupted, input };

  /// What can be read from `interrupts` ends the waiting for a line; -1: nothing does.
  explicit LineInput(int interrupts = -1) : interrupts_(interrupts) {}

  /// The next line without its end; nothing when the input has ended, or when it was interrupted, and end() then says
  /// which. Throws Failure (file) when stdin can't be read.
  std::optional<std::string> read();
  End end() const { return end_; }

  static bool is_terminal();

 private:
  bool wait_for_input() const;

  int interrupts_;
  std::string buffer_;
  End end_ = End::none;
};

}   // namespace rwkv
