// How fast the HTP's clocks run while a model does: a vote, as Qualcomm's own tools cast it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "htp_power_abi.hpp"
#include "qnn_functions.hpp"

namespace rwkv {

/// A way to run, by the name that Qualcomm's tools have for it.
struct PerformanceMode {
  const char* name;
  bool votes;   // "system_settings" leaves the clocks to the system
  qnn::HtpCorner corner;
  bool clocks_follow_load;
  std::uint32_t sleep_latency;   // µs until the HTP may sleep
  std::uint32_t rpc_polling;     // µs for which the CPU waits awake for an answer of the HTP
};

/// The fastest mode first, "system_settings" last.
const std::vector<PerformanceMode>& performance_modes();

/// Throws Failure (argument) that names all of them, for a name that is none.
const PerformanceMode& find_performance_mode(std::string_view name);

/// A vote, taken back at its end. On a backend without clocks to vote for it does nothing.
class HtpPower {
 public:
  /// `functions` and its device must outlive the vote. Votes by `mode`, which is one of performance_modes().
  HtpPower(const qnn::Interface& functions, const PerformanceMode& mode);
  ~HtpPower() { end(); }
  HtpPower(const HtpPower&) = delete;
  HtpPower& operator=(const HtpPower&) = delete;

  /// Votes in the place of the vote before. One that is refused slows a model down and breaks nothing: refusal() says it.
  void vote(const PerformanceMode& mode);

  /// Takes the vote back while nothing is to be done, until go_on() votes as before.
  void rest();
  void go_on() { vote(*mode_); }

  /// Takes the vote back for good: from any thread, also while a graph runs, and with no effect the second time.
  void end() noexcept;

  bool has_voted() const { return client_.has_value(); }
  /// Why the HTP keeps its own clocks, or answers calls more slowly than it could; "" when nothing was refused.
  const std::string& refusal() const { return refusal_; }

 private:
  void take_back() noexcept;

  const qnn::Interface& functions_;
  const PerformanceMode* mode_;   // that was voted for last
  std::mutex changing_;
  bool has_ended_ = false;
  const qnn::HtpInfrastructure* infrastructure_ = nullptr;
  std::optional<std::uint32_t> client_;   // of the infrastructure; while there is a vote
  std::string refusal_;
};

}   // namespace rwkv
