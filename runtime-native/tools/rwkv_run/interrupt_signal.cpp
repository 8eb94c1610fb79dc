#include "interrupt_signal.hpp"

#include <signal.h>

#include <atomic>

namespace rwkv {
namespace {

// Both are lock-free, as is what cancel() stores to: that is all that a handler may touch.
std::atomic<RwkvSession*> cancelled_session = nullptr;
static_assert(std::atomic<RwkvSession*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void cancel_session(int) {
  if (RwkvSession* session = cancelled_session.load()) session->cancel();
}

struct sigaction action_before;

}   // namespace

InterruptSignal::InterruptSignal() {
  struct sigaction action{};
  action.sa_handler = cancel_session;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: waiting for a line ends too.
  sigaction(SIGINT, &action, &action_before);
}

InterruptSignal::~InterruptSignal() { sigaction(SIGINT, &action_before, nullptr); }

InterruptSignal::Cancels::Cancels(RwkvSession& session) : session_(session) { cancelled_session = &session; }

InterruptSignal::Cancels::~Cancels() {
  cancelled_session = nullptr;
  // One that came after the last token has nothing left to end.
  session_.forget_cancel();
}

}   // namespace rwkv
