// Qualcomm's own forecast of a graph's cost, which the compiler makes for a few SoCs (SA8255, QCS9100, SA8797, …).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qnn_device.hpp"

namespace rwkv {

struct Forecast {
  std::uint64_t value = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// For one execution. Bytes are the traffic with DDR memory.
struct CostEstimate {
  Forecast cycles;
  Forecast microseconds;
  std::uint64_t input_fill_bytes = 0;   // weights, mostly
  std::uint64_t intermediate_fill_bytes = 0;
  std::uint64_t intermediate_spill_bytes = 0;
  std::uint64_t output_spill_bytes = 0;
  /// What the model has no price for: the figures above leave these operations out.
  std::vector<std::string> unpriced_ops;
};

/// A QNN profile to be given to the finalization of one graph.
class FinalizeProfile {
 public:
  /// Throws Failure (backend).
  explicit FinalizeProfile(const QnnDevice& device);
  ~FinalizeProfile();
  FinalizeProfile(const FinalizeProfile&) = delete;
  FinalizeProfile& operator=(const FinalizeProfile&) = delete;

  qnn::Handle handle() const { return handle_; }

  /// After the finalization. Nothing for a SoC without a cost model.
  std::optional<CostEstimate> estimate() const;

 private:
  const qnn::Interface& htp_;
  qnn::Handle handle_ = nullptr;
};

}   // namespace rwkv
