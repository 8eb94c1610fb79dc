// Keeps stdout for a tool's own data: QNN's libraries print to it when they are loaded.
#pragma once

#include <string_view>

namespace rwkv {

class QuietStdout {
 public:
  /// Moves the process's stdout aside; what libraries print from now on goes to stderr when `log_is_shown`, else
  /// nowhere. Make one at the start of main, before anything is loaded.
  explicit QuietStdout(bool log_is_shown);

  /// Writes to the real stdout at once. Returns false when it can't be written (a closed pipe, a full disk).
  bool write(std::string_view text) const;

 private:
  int real_;
};

}   // namespace rwkv
