// Whether a context was built for where it is to be loaded.
#pragma once

#include <string>

#include "context_metadata.hpp"
#include "soc_table.hpp"

namespace rwkv {

/// Where contexts are to be loaded.
struct LoadingPlace {
  qnn::Version core_api;
  qnn::Version backend_api;
  const Soc* soc = nullptr;   // nullptr where nothing tells, or where every SoC is emulated
};

/// Throws Failure (version) that names the axis on which they differ, SoC or QNN version, what the context was built
/// for, what is here, and the next command. SoCs differ by the generation of their HTP; `name` is for messages.
void require_fit(const ContextMetadata& context, const LoadingPlace& here, const std::string& name);

/// The SoC that this program runs on, where Android or the kernel says so and the table has it.
const Soc* this_soc();

}   // namespace rwkv
