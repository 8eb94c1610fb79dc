#include "interrupt_signal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "failure.hpp"

namespace rwkv {
namespace {

// Both are lock-free, as is what cancel() stores to: that is all that a handler may touch.
std::atomic<RwkvSession*> cancelled_session = nullptr;
static_assert(std::atomic<RwkvSession*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
int to_waiting = -1;

void cancel_session(int) {
  if (RwkvSession* session = cancelled_session.load()) return session->cancel();
  const int before = errno;
  [[maybe_unused]] const auto written = write(to_waiting, "", 1);
  errno = before;
}

struct sigaction action_before;

}   // namespace

InterruptSignal::InterruptSignal() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw Failure(FailureKind::file, "a pipe", std::string("can't be made: ") + std::strerror(errno), "");
  from_signals_ = ends[0];
  to_waiting = ends[1];
  struct sigaction action{};
  action.sa_handler = cancel_session;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &action_before);
}

InterruptSignal::~InterruptSignal() {
  sigaction(SIGINT, &action_before, nullptr);
  close(from_signals_);
  close(to_waiting);
}

InterruptSignal::Cancels::Cancels(RwkvSession& session) : session_(session) { cancelled_session = &session; }

InterruptSignal::Cancels::~Cancels() {
  cancelled_session = nullptr;
  // One that came after the last token has nothing left to end.
  session_.forget_cancel();
}

}   // namespace rwkv
