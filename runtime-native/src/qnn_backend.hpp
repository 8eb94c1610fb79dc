// QNN's backends: what a model can run on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "qnn_abi.hpp"

namespace rwkv {

/// The HTP runs contexts that were compiled beforehand, or compiles model libraries while they are loaded. The CPU and
/// the GPU run model libraries alone.
enum class Backend { htp, cpu, gpu };

struct BackendFacts {
  std::string_view name;   // as it is chosen by: "htp"
  const char* title;       // as it is written: "HTP"
  const char* library;     // "libQnnHtp.so"
  std::uint32_t id;        // QNN's number for it
  qnn::Version api;        // the version of its own API that is known
};

const BackendFacts& facts_of(Backend backend);

/// Nothing for a name that is none of "htp", "cpu" and "gpu".
std::optional<Backend> find_backend(std::string_view name);

}   // namespace rwkv
