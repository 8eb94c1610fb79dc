#include "htp_power.hpp"

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {
namespace {

using qnn::HtpCorner;

constexpr std::uint32_t most_polling = 9999, no_polling = 0;   // the longest that QNN takes; HTP v69 and later poll
constexpr std::uint32_t rpc_latency = 100;                     // µs
constexpr std::uint32_t released_sleep_latency = 2000;         // µs

qnn::HtpPowerConfig clock_vote(std::uint32_t client, std::uint32_t mode, HtpCorner least, HtpCorner corner,
                               bool clocks_follow_load, std::uint32_t sleep_latency) {
  qnn::HtpPowerConfig vote{};
  vote.option = qnn::htp_power_dcvs;
  vote.dcvs.client = client;
  vote.dcvs.enabled_is_set = 1;
  vote.dcvs.enabled = clocks_follow_load ? 1 : 0;
  vote.dcvs.mode = mode;
  vote.dcvs.sleep_latency_is_set = 1;
  vote.dcvs.sleep_latency = sleep_latency;
  vote.dcvs.bus = vote.dcvs.core = {1, least, corner, corner};
  return vote;
}

qnn::HtpPowerConfig vote_of(std::uint32_t client, const PerformanceMode& mode) {
  return clock_vote(client, qnn::htp_dcvs_performance, mode.corner, mode.corner, mode.clocks_follow_load,
                    mode.sleep_latency);
}

// What the HTP falls back to: it would keep the last vote of a client until something else is asked of it.
qnn::HtpPowerConfig released_vote(std::uint32_t client) {
  return clock_vote(client, qnn::htp_dcvs_power_saver, HtpCorner::lowest, HtpCorner::svs2, true,
                    released_sleep_latency);
}

qnn::Error ask_for_answers(const qnn::HtpInfrastructure& infrastructure, std::uint32_t client, std::uint32_t polling) {
  qnn::HtpPowerConfig latency{}, time{};
  latency.option = qnn::htp_power_rpc_latency;
  latency.rpc_latency = rpc_latency;
  time.option = qnn::htp_power_rpc_polling;
  time.rpc_polling = polling;
  const qnn::HtpPowerConfig* configs[] = {&latency, &time, nullptr};
  return infrastructure.set_power_config(client, configs);
}

std::string refused(const char* what, qnn::Error error) {
  try {
    check_qnn(error, "the HTP", what);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return {};
}

}   // namespace

const std::vector<PerformanceMode>& performance_modes() {
  static const std::vector<PerformanceMode> modes{
      {"burst", true, HtpCorner::highest, false, 40, most_polling},
      {"sustained_high_performance", true, HtpCorner::turbo, false, 100, most_polling},
      {"high_performance", true, HtpCorner::turbo, false, 100, most_polling},
      {"balanced", true, HtpCorner::nominal_plus, true, 1000, no_polling},
      {"low_balanced", true, HtpCorner::nominal, true, 1000, no_polling},
      {"high_power_saver", true, HtpCorner::svs_plus, true, 1000, no_polling},
      {"power_saver", true, HtpCorner::svs, true, 1000, no_polling},
      {"low_power_saver", true, HtpCorner::svs2, true, 1000, no_polling},
      {"system_settings", false, HtpCorner::lowest, true, 0, no_polling},
  };
  return modes;
}

const PerformanceMode& find_performance_mode(std::string_view name) {
  std::string names;
  for (const PerformanceMode& mode : performance_modes()) {
    if (mode.name == name) return mode;
    names += (names.empty() ? "" : ", ") + std::string(mode.name);
  }
  throw Failure(FailureKind::argument, "performance '" + std::string(name) + "'", "is unknown", "take one of " + names);
}

HtpPower::HtpPower(const qnn::Interface& functions, const PerformanceMode& mode) : functions_(functions), mode_(&mode) {
  vote(mode);
}

void HtpPower::vote(const PerformanceMode& mode) {
  const std::lock_guard turn(changing_);
  take_back();
  mode_ = &mode;
  refusal_.clear();
  if (has_ended_ || !mode.votes || functions_.backend_id != qnn::htp_backend_id) return;
  qnn::Error error = functions_.device_get_infrastructure(&infrastructure_);
  if (error != qnn::success) {
    refusal_ = refused("asking for its clocks", error);
    return;
  }
  if (infrastructure_ == nullptr || infrastructure_->kind != qnn::htp_infrastructure_performance) {
    refusal_ = "the HTP has no clocks that a program can vote for";
    return;
  }
  std::uint32_t client = 0;
  error = infrastructure_->create_power_client(0, 0, &client);
  if (error != qnn::success) {
    refusal_ = refused("registering for its clocks", error);
    return;
  }
  client_ = client;
  const qnn::HtpPowerConfig clocks = vote_of(client, mode);
  const qnn::HtpPowerConfig* votes[] = {&clocks, nullptr};
  error = infrastructure_->set_power_config(client, votes);
  if (error != qnn::success) {
    refusal_ = refused("voting for its clocks", error);
    take_back();
    return;
  }
  // Apart from the clocks, which an HTP before v69 takes too.
  error = ask_for_answers(*infrastructure_, client, mode.rpc_polling);
  if (error != qnn::success) refusal_ = refused("asking for quick answers", error);
}

void HtpPower::rest() {
  const std::lock_guard turn(changing_);
  take_back();
}

void HtpPower::end() noexcept {
  const std::lock_guard turn(changing_);
  take_back();
  has_ended_ = true;
}

void HtpPower::take_back() noexcept {
  if (!client_) return;
  const qnn::HtpPowerConfig clocks = released_vote(*client_);
  const qnn::HtpPowerConfig* votes[] = {&clocks, nullptr};
  infrastructure_->set_power_config(*client_, votes);
  // Polling is the process's, not the client's.
  ask_for_answers(*infrastructure_, *client_, no_polling);
  infrastructure_->destroy_power_client(*client_);
  client_.reset();
}

}   // namespace rwkv
