// Ctrl-C ends an answer instead of the program.
#pragma once

#include "rwkv_session.hpp"

namespace rwkv {

/// While it lives, SIGINT doesn't end the process. At most one at a time.
class InterruptSignal {
 public:
  InterruptSignal();
  ~InterruptSignal();
  InterruptSignal(const InterruptSignal&) = delete;
  InterruptSignal& operator=(const InterruptSignal&) = delete;

  /// A byte can be read from it for each SIGINT that had nothing to cancel, also for one that came before anybody waited.
  int descriptor() const { return from_signals_; }

  /// While it lives, SIGINT cancels what the session does.
  class Cancels {
   public:
    explicit Cancels(RwkvSession& session);
    ~Cancels();
    Cancels(const Cancels&) = delete;
    Cancels& operator=(const Cancels&) = delete;

   private:
    RwkvSession& session_;
  };

 private:
  int from_signals_ = -1;
};

}   // namespace rwkv
