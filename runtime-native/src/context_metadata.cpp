#include "context_metadata.hpp"

#include "context_layout.hpp"
#include "failure.hpp"
#include "qnn_error.hpp"
#include "qnn_log.hpp"

namespace rwkv {
namespace {

constexpr const char* rebuild_hint = "build the context again";
constexpr std::uint32_t known_binary_info = 3;
constexpr std::uint32_t most_graphs = 1000;   // a sanity limit

// Owns libQnnSystem's parsed copy, to which all pointers in the records lead.
class SystemContext {
 public:
  explicit SystemContext(const qnn::SystemInterface& system) : system_(system) {
    check_qnn(system.context_create(&handle_), "libQnnSystem.so", "creating a reader of contexts");
  }
  ~SystemContext() { system_.context_free(handle_); }
  SystemContext(const SystemContext&) = delete;
  SystemContext& operator=(const SystemContext&) = delete;
  qnn::Handle handle() const { return handle_; }

 private:
  const qnn::SystemInterface& system_;
  qnn::Handle handle_ = nullptr;
};

[[noreturn]] void refuse(const std::string& name, const std::string& cause) {
  throw Failure(FailureKind::format, name, cause, rebuild_hint);
}

std::optional<GraphMemory> to_graph_memory(const qnn::GraphInfo& graph) {
  if (graph.version != 3 || graph.blob == nullptr || graph.blob_bytes < sizeof(qnn::HtpGraphBlob)) return {};
  const qnn::HtpGraphBlob& blob = *graph.blob;
  if (blob.version_1 != 1 || blob.version_2 != 2) return {};
  GraphMemory memory;
  memory.vtcm_bytes = blob.vtcm_bytes;
  memory.spill_fill_bytes = blob.spill_fill;
  memory.optimization_level = blob.optimization_level;
  memory.hvx_threads = blob.hvx_threads;
  memory.io_bytes = blob.io_tensors;
  memory.op_data_bytes = blob.op_data;
  memory.constant_bytes = blob.constants;
  memory.ddr_tensor_bytes = blob.ddr_tensors;
  memory.shared_weight_bytes = blob.shared_weights;
  return memory;
}

}   // namespace

ContextMetadata read_context_metadata(const QnnSystem& reader, std::span<const std::byte> binary,
                                      const std::string& name) {
  check_context_layout(binary, name);
  const qnn::SystemInterface& system = reader.functions();
  const SystemContext context(system);
  const qnn::BinaryInfo* info = nullptr;
  const qnn::Error error = system.context_get_metadata(context.handle(), binary.data(), binary.size(), &info);
  if (error != qnn::success || info == nullptr) {
    take_qnn_log_errors();
    refuse(name, "is not a context binary that QNN can read (damaged, truncated or another kind of file)");
  }
  if (info->version != known_binary_info) {
    throw Failure(FailureKind::version, name,
                  "its description has version " + std::to_string(info->version) + ", but only 3 is known",
                  rebuild_hint);
  }
  if (info->graph_count == 0 || info->graph_count > most_graphs || info->graphs == nullptr) {
    refuse(name, "is a context without graphs");
  }

  ContextMetadata metadata;
  metadata.build_id = info->build_id != nullptr ? info->build_id : "";
  metadata.core_api = info->core_api;
  metadata.backend_api = info->backend_api;
  metadata.soc_id = info->soc_model;
  metadata.htp_arch = info->context_blob != nullptr ? info->context_blob->htp_arch : 0;
  metadata.binary_bytes = binary.size();
  for (std::uint32_t i = 0; i < info->graph_count; ++i) {
    const qnn::GraphInfo& graph = info->graphs[i];
    if (graph.version < 1 || graph.version > 3 || graph.name == nullptr) {
      refuse(name, "is not a valid context: it has a damaged graph description");
    }
    metadata.graphs.push_back({graph.name, read_tensors(graph.inputs, graph.input_count, name),
                               read_tensors(graph.outputs, graph.output_count, name), to_graph_memory(graph)});
  }
  return metadata;
}

}   // namespace rwkv
