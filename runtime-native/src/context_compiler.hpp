// Graphs → an HTP context binary for one SoC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cost_estimate.hpp"
#include "graph_source.hpp"
#include "qnn_device.hpp"

namespace rwkv {

enum class FloatPrecision { fp16, as_written };

/// Whether the graphs of a context keep one copy of the weights that they have in common. QNN's emulator cannot load
/// such a context.
enum class Weights { own, shared };

struct CompileOptions {
  std::uint32_t optimization_level = 3;
  std::uint32_t vtcm_mb = 8;   // QNN's own default is 4 on some SoCs that have 8
  std::optional<std::uint32_t> hvx_threads;
  FloatPrecision precision = FloatPrecision::fp16;
  Weights weights = Weights::own;
};

struct CompileSeconds {
  double compose = 0;
  double finalize = 0;
  double serialise = 0;
};

struct CompiledContext {
  std::span<const std::byte> binary;           // in the room that was given for it
  std::map<std::string, CostEstimate> costs;   // by graph, for SoCs with a cost model
  CompileSeconds seconds;
  /// What the compiler holds of it: to give that back takes a while, so a program that is about to end keeps it.
  std::shared_ptr<const void> compiler;
};

/// Makes room for so many bytes, which stays.
using BinaryRoom = std::function<std::span<std::byte>(std::size_t)>;

/// Compiles all graphs of all sources into one context, whose binary is written where `room` says. `subject` is for
/// messages. Throws Failure.
CompiledContext compile_context(const QnnDevice& device, std::span<const std::unique_ptr<GraphSource>> sources,
                                const CompileOptions& options, const std::filesystem::path& subject,
                                const BinaryRoom& room);

}   // namespace rwkv
