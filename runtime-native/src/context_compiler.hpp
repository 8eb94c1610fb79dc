// Graphs → an HTP context binary for one SoC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "composed_context.hpp"

namespace rwkv {

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
CompiledContext compile_context(const QnnDevice& device, std::vector<std::unique_ptr<GraphSource>> sources,
                                const CompileOptions& options, const std::filesystem::path& subject,
                                const BinaryRoom& room);

}   // namespace rwkv
