#include "metadata_json.hpp"

#include <algorithm>

#include "soc_table.hpp"

namespace rwkv {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

void write_tensors(JsonWriter& json, std::string_view key, const std::vector<TensorInfo>& tensors) {
  json.key(key);
  json.begin_array();
  for (const TensorInfo& tensor : tensors) {
    json.begin_object();
    json.field("name", tensor.name);
    json.field("dtype", name_of(tensor.type));
    json.key("shape");
    json.begin_array();
    for (const std::uint32_t length : tensor.shape) json.integer(std::uint64_t{length});
    json.end_array();
    json.field("bytes", std::uint64_t{tensor.bytes()});
    if (tensor.quantization) {
      json.key("quantization");
      json.begin_object();
      json.field("scale", double{tensor.quantization->scale});
      json.key("offset");
      json.integer(std::int64_t{tensor.quantization->offset});
      json.end_object();
    }
    json.end_object();
  }
  json.end_array();
}

void write_memory(JsonWriter& json, const GraphMemory& memory) {
  json.field("vtcm_mb", memory.vtcm_bytes / mebibyte);
  json.field("spill_fill_bytes", memory.spill_fill_bytes);
  json.field("optimization_level", std::uint64_t{memory.optimization_level});
  json.field("hvx_threads", memory.hvx_threads);
  json.field("io_bytes", memory.io_bytes);
  json.field("op_data_bytes", memory.op_data_bytes);
  json.field("const_bytes", memory.constant_bytes);
  json.field("ddr_tensor_bytes", memory.ddr_tensor_bytes);
  json.field("shared_weight_bytes", memory.shared_weight_bytes);
}

}   // namespace

// Graphs run one at a time, so what they need at once is the largest; what they hold is the sum.
std::optional<GraphMemory> whole_context_memory(const ContextMetadata& context) {
  GraphMemory total;
  for (const GraphMetadata& graph : context.graphs) {
    if (!graph.memory) return {};
    const GraphMemory& one = *graph.memory;
    total.vtcm_bytes = std::max(total.vtcm_bytes, one.vtcm_bytes);
    total.spill_fill_bytes = std::max(total.spill_fill_bytes, one.spill_fill_bytes);
    total.optimization_level = std::max(total.optimization_level, one.optimization_level);
    total.hvx_threads = std::max(total.hvx_threads, one.hvx_threads);
    total.io_bytes += one.io_bytes;
    total.op_data_bytes += one.op_data_bytes;
    total.constant_bytes += one.constant_bytes;
    total.ddr_tensor_bytes += one.ddr_tensor_bytes;
    total.shared_weight_bytes = std::max(total.shared_weight_bytes, one.shared_weight_bytes);
  }
  return total;
}

void write_graph(JsonWriter& json, const GraphMetadata& graph) {
  json.field("name", graph.name);
  write_tensors(json, "inputs", graph.inputs);
  write_tensors(json, "outputs", graph.outputs);
  if (graph.memory) write_memory(json, *graph.memory);
}

void write_context_facts(JsonWriter& json, const ContextMetadata& context) {
  json.field("binary_bytes", context.binary_bytes);
  if (const auto memory = whole_context_memory(context)) write_memory(json, *memory);

  json.key("soc");
  json.begin_object();
  json.field("id", std::uint64_t{context.soc_id});
  if (const Soc* soc = find_soc(context.soc_id)) json.field("name", soc->name);
  json.field("htp_arch", std::uint64_t{context.htp_arch});
  json.end_object();

  json.key("compiler");
  json.begin_object();
  json.field("build_id", context.build_id);
  json.field("core_api", to_string(context.core_api));
  json.field("backend_api", to_string(context.backend_api));
  json.end_object();
}

}   // namespace rwkv
