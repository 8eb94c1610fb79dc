#include "power_end.hpp"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "failure.hpp"

namespace rwkv {
namespace {

// The C library sends the last of these by abort(); they can come from within QNN.
constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::array ends{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// A handler may do no more than write to a pipe, so a thread does the rest.
std::atomic<int> to_thread = -1;
std::atomic<bool> has_ended = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
int from_handlers = -1;

void tell_thread(int signal, siginfo_t*, void*) {
  const auto number = static_cast<unsigned char>(signal);
  const int before = errno;
  [[maybe_unused]] const auto written = write(to_thread, &number, 1);
  errno = before;
}

// Waits a second at most: the thread can't go on when the crash left it without a lock that it needs. Then goes back to
// where it crashed, to crash there again with the default action.
void crash(int signal, siginfo_t* cause, void*) {
  tell_thread(signal, nullptr, nullptr);
  const timespec moment{0, 1'000'000};
  for (int i = 0; i < 1000 && !has_ended; ++i) nanosleep(&moment, nullptr);
  const bool was_sent = cause->si_code <= 0;   // by abort(), or from outside
  if (was_sent) raise(signal);
}

using Handler = void (*)(int, siginfo_t*, void*);

void set_handler(int signal, Handler handler, int flags) {
  struct sigaction before{};
  sigaction(signal, nullptr, &before);
  if ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL) return;
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void unset_handler(int signal, Handler handler) {
  struct sigaction now{};
  sigaction(signal, nullptr, &now);
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handler) ::signal(signal, SIG_DFL);
}

}   // namespace

PowerEnd::PowerEnd(HtpPower& power) : power_(power) {
  int ends_of_pipe[2];
  if (pipe2(ends_of_pipe, O_CLOEXEC) != 0) {
    throw Failure(FailureKind::file, "a pipe", std::string("can't be made: ") + std::strerror(errno), "");
  }
  from_handlers = ends_of_pipe[0];
  to_thread = ends_of_pipe[1];
  has_ended = false;
  watching_ = std::thread([this] { watch(); });
  for (const int signal : ends) set_handler(signal, tell_thread, SA_RESTART);
  for (const int signal : crashes) set_handler(signal, crash, static_cast<int>(SA_RESETHAND | SA_NODEFER));
}

PowerEnd::~PowerEnd() {
  for (const int signal : ends) unset_handler(signal, tell_thread);
  for (const int signal : crashes) unset_handler(signal, crash);
  tell_thread(0, nullptr, nullptr);
  watching_.join();
  close(from_handlers);
  close(to_thread.exchange(-1));
}

void PowerEnd::watch() {
  unsigned char number = 0;
  while (read(from_handlers, &number, 1) < 0 && errno == EINTR) {
  }
  if (number == 0) return;
  power_.end();
  has_ended = true;
  for (const int crashed : crashes) {
    if (number == crashed) return;   // the handler goes on
  }
  ::signal(number, SIG_DFL);
  kill(getpid(), number);
}

}   // namespace rwkv
