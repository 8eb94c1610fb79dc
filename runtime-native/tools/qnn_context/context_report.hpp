// The report that stands beside a context binary.
#pragma once

#include <string>

#include "context_compiler.hpp"
#include "context_metadata.hpp"

namespace rwkv {

/// JSON, format 1: the graphs' inputs and outputs, the sizes that the HTP backend states, what its cost
/// model forecasts (for the few SoCs that have one), the compiler and the times.
std::string format_context_report(const ContextMetadata& context, const CompiledContext& compiled);

}   // namespace rwkv
