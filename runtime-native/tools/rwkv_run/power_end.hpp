// What ends the program by a signal takes back the vote for the HTP's clocks first.
#pragma once

#include <thread>

#include "htp_power.hpp"

namespace rwkv {

/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and a crash end `power` before they end the process as they would
/// have; signals that are ignored, as `nohup` does, or handled by somebody else stay so. At most one at a time.
class PowerEnd {
 public:
  explicit PowerEnd(HtpPower& power);
  ~PowerEnd();
  PowerEnd(const PowerEnd&) = delete;
  PowerEnd& operator=(const PowerEnd&) = delete;

 private:
  void watch();

  HtpPower& power_;
  std::thread watching_;
};

}   // namespace rwkv
