// Graphs → an HTP context binary for one SoC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cost_estimate.hpp"
#include "graph_source.hpp"
#include "htp_device.hpp"

namespace rwkv {

enum class FloatPrecision { fp16, as_written };

struct CompileOptions {
  std::uint32_t optimization_level = 3;
  std::uint32_t vtcm_mb = 8;   // QNN's own default is 4 on some SoCs that have 8
  std::optional<std::uint32_t> hvx_threads;
  FloatPrecision precision = FloatPrecision::fp16;
};

struct CompileSeconds {
  double compose = 0;
  double finalize = 0;
  double serialise = 0;
};

struct CompiledContext {
  std::vector<std::byte> binary;
  std::map<std::string, CostEstimate> costs;   // by graph, for SoCs with a cost model
  CompileSeconds seconds;
};

/// Compiles all graphs of `source` into one context. `subject` is for messages. Throws Failure.
CompiledContext compile_context(const HtpDevice& device, GraphSource& source, const CompileOptions& options,
                                const std::filesystem::path& subject);

}   // namespace rwkv
