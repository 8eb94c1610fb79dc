#include "quiet_stdout.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace rwkv {

QuietStdout::QuietStdout(bool log_is_shown) : real_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
  std::fflush(stdout);
  const int target = log_is_shown ? dup(STDERR_FILENO) : open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (target < 0) return;
  dup2(target, STDOUT_FILENO);
  close(target);
}

bool QuietStdout::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(real_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}   // namespace rwkv
