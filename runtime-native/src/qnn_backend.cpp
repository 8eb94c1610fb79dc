#include "qnn_backend.hpp"

#include <array>

namespace rwkv {
namespace {

// In the order of the enumeration.
constexpr std::array backends{
    BackendFacts{"htp", "HTP", "libQnnHtp.so", qnn::htp_backend_id, qnn::htp_version},
    BackendFacts{"cpu", "CPU", "libQnnCpu.so", qnn::cpu_backend_id, qnn::cpu_version},
    BackendFacts{"gpu", "GPU", "libQnnGpu.so", qnn::gpu_backend_id, qnn::gpu_version},
};

}   // namespace

const BackendFacts& facts_of(Backend backend) { return backends.at(static_cast<std::size_t>(backend)); }

std::optional<Backend> find_backend(std::string_view name) {
  for (const Backend backend : {Backend::htp, Backend::cpu, Backend::gpu}) {
    if (facts_of(backend).name == name) return backend;
  }
  return {};
}

}   // namespace rwkv
