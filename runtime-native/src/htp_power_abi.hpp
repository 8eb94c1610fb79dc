// The part of QNN's HTP interface that votes for clocks: what deviceGetInfrastructure hands out. As qnn_abi.hpp.
#pragma once

#include "qnn_abi.hpp"

namespace qnn {

inline constexpr std::uint32_t htp_power_dcvs = 1, htp_power_rpc_latency = 2, htp_power_rpc_polling = 3;

// The voltage corners that buses and cores are asked for.
enum class HtpCorner : std::uint32_t {
  lowest = 0x20,
  svs2 = 0x30,
  svs = 0x40,
  svs_plus = 0x50,
  nominal = 0x60,
  nominal_plus = 0x70,
  turbo = 0x80,
  highest = 0xa0,
};

inline constexpr std::uint32_t htp_dcvs_power_saver = 0x4, htp_dcvs_performance = 0x10;

struct HtpCorners {
  std::uint32_t are_set;
  HtpCorner least, target, most;
};

struct HtpDcvs {
  std::uint32_t client;                    // the number that create_power_client gave
  std::uint32_t enabled_is_set, enabled;   // whether the clocks follow the load
  std::uint32_t mode;
  std::uint32_t sleep_latency_is_set, sleep_latency;   // µs
  std::uint32_t sleep_disabled_is_set, sleep_disabled;
  HtpCorners bus, core;
};
static_assert(sizeof(HtpDcvs) == 64 && offsetof(HtpDcvs, mode) == 12 && offsetof(HtpDcvs, sleep_latency) == 20);
static_assert(offsetof(HtpDcvs, bus) == 32 && offsetof(HtpDcvs, core) == 48);

struct HtpPowerConfig {
  std::uint32_t option;
  union {
    HtpDcvs dcvs;
    std::uint32_t rpc_latency, rpc_polling;   // µs
  };
};
static_assert(sizeof(HtpPowerConfig) == 68 && offsetof(HtpPowerConfig, dcvs) == 4);

inline constexpr std::uint32_t htp_infrastructure_performance = 0;

struct HtpInfrastructure {
  std::uint32_t kind;
  Error (*create_power_client)(std::uint32_t device, std::uint32_t core, std::uint32_t* client);
  Error (*destroy_power_client)(std::uint32_t client);
  Error (*set_power_config)(std::uint32_t client, const HtpPowerConfig** configs);
  Error (*set_memory_config)(std::uint32_t device, std::uint32_t core, const void** configs);
};
static_assert(sizeof(HtpInfrastructure) == 40 && offsetof(HtpInfrastructure, create_power_client) == 8);
static_assert(offsetof(HtpInfrastructure, set_power_config) == 24);

}   // namespace qnn
