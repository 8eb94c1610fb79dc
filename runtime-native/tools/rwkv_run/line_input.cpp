#include "line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "failure.hpp"

namespace rwkv {

bool LineInput::is_terminal() { return isatty(STDIN_FILENO) == 1; }

std::optional<std::string> LineInput::read() {
  end_ = End::none;
  while (true) {
    if (const auto line_end = buffer_.find('\n'); line_end != std::string::npos) {
      std::string line = buffer_.substr(0, line_end);
      buffer_.erase(0, line_end + 1);
      return line;
    }
    if (!wait_for_input()) {
      end_ = End::interrupted;
      return {};
    }
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(count));
      continue;
    }
    if (count == 0) {
      end_ = End::input;
      if (buffer_.empty()) return {};
      return std::exchange(buffer_, {});
    }
    if (errno != EINTR) throw Failure(FailureKind::file, "stdin", std::strerror(errno), "");
  }
}

// False when something came from `interrupts_` first, all of which is taken.
bool LineInput::wait_for_input() const {
  pollfd waited[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupts_, POLLIN, 0}};
  while (poll(waited, 2, -1) < 0) {
    if (errno != EINTR) throw Failure(FailureKind::file, "stdin", std::strerror(errno), "");
  }
  if ((waited[1].revents & POLLIN) == 0) return true;
  char bytes[64];
  while (::read(interrupts_, bytes, sizeof bytes) == sizeof bytes) continue;
  return false;
}

}   // namespace rwkv
