// What stands in a context binary, read without loading it on a device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qnn_library.hpp"
#include "tensor_info.hpp"

namespace rwkv {

/// The HTP backend's own figures about one graph.
struct GraphMemory {
  std::uint64_t vtcm_bytes = 0;
  std::uint64_t spill_fill_bytes = 0;
  std::uint32_t optimization_level = 0;
  std::uint64_t hvx_threads = 0;   // 0: as many as there are
  std::uint64_t io_bytes = 0;
  std::uint64_t op_data_bytes = 0;
  std::uint64_t constant_bytes = 0;
  std::uint64_t ddr_tensor_bytes = 0;
  std::uint64_t shared_weight_bytes = 0;
};

struct GraphMetadata {
  std::string name;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  std::optional<GraphMemory> memory;
};

struct ContextMetadata {
  std::string build_id;   // of the compiler
  qnn::Version core_api;
  qnn::Version backend_api;
  std::uint32_t soc_id = 0;
  std::uint32_t htp_arch = 0;   // 75 for v75
  std::uint64_t binary_bytes = 0;
  std::vector<GraphMetadata> graphs;
};

/// Reads a binary that lies in memory; `name` is for messages. Throws Failure (format) for a truncated or damaged one
/// and for one that another version of QNN made.
ContextMetadata read_context_metadata(const QnnSystem& reader, std::span<const std::byte> binary,
                                      const std::string& name);

}   // namespace rwkv
