// rwkv-run info: what stands in a model's contexts, without a device.
#include <cstdio>

#include "common_options.hpp"
#include "mapped_file.hpp"
#include "metadata_json.hpp"
#include "run_report.hpp"
#include "soc_table.hpp"

namespace rwkv {
namespace {

struct DescribedContext {
  std::string file;
  ContextMetadata metadata;
};

// A model's contexts, or one that belongs to none or is a later chunk.
std::vector<FileRange> chosen_contexts(const Arguments& arguments) {
  const auto path = chosen_model(arguments);
  if (arguments.has("--only")) return {FileRange(path)};
  const ModelFiles files = find_model_files(path);
  std::vector<FileRange> contexts = files.chunks;
  if (files.head) contexts.push_back(*files.head);
  return contexts;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return format_line("%llu B", static_cast<unsigned long long>(bytes));
  if (bytes < 1024 * 1024) return format_line("%.1f KiB", static_cast<double>(bytes) / 1024);
  return format_line("%.2f MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string format_shape(const TensorInfo& tensor) {
  std::string text;
  for (const std::uint32_t length : tensor.shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "[" + text + "]";
}

std::string format_tensor(const char* direction, const TensorInfo& tensor) {
  std::string line =
      format_line("    %s %-28s %-8s %-18s %s", direction, tensor.name.c_str(), name_of(tensor.type).c_str(),
                  format_shape(tensor).c_str(), format_bytes(tensor.bytes()).c_str());
  if (tensor.quantization)
    line += format_line(", scale %.6g, offset %d", double{tensor.quantization->scale}, tensor.quantization->offset);
  return line + "\n";
}

std::string format_graph(const GraphMetadata& graph) {
  std::string text = "  " + graph.name + "\n";
  if (graph.memory) {
    const GraphMemory& memory = *graph.memory;
    text += "    VTCM " + format_bytes(memory.vtcm_bytes) + ", spill and fill " +
            format_bytes(memory.spill_fill_bytes) + ", constants " + format_bytes(memory.constant_bytes) +
            ", operations " + format_bytes(memory.op_data_bytes) + ", inputs and outputs " +
            format_bytes(memory.io_bytes) + ", tensors in DDR " + format_bytes(memory.ddr_tensor_bytes) +
            format_line(", optimisation %u\n", static_cast<unsigned>(memory.optimization_level));
    if (memory.shared_weight_bytes > 0)
      text += "    weights shared with other graphs " + format_bytes(memory.shared_weight_bytes) + "\n";
  }
  for (const TensorInfo& tensor : graph.inputs) text += format_tensor("in ", tensor);
  for (const TensorInfo& tensor : graph.outputs) text += format_tensor("out", tensor);
  return text;
}

std::string format_context(const DescribedContext& context) {
  const ContextMetadata& metadata = context.metadata;
  const Soc* soc = find_soc(metadata.soc_id);
  std::string text = context.file + ": " + format_bytes(metadata.binary_bytes) + " for ";
  text += soc != nullptr ? std::string(soc->name) + " (SoC " + std::to_string(metadata.soc_id) + ")"
                         : "SoC " + std::to_string(metadata.soc_id);
  text += ", HTP v" + std::to_string(metadata.htp_arch) + ", compiled by QNN " + metadata.build_id + "\n";
  for (const GraphMetadata& graph : metadata.graphs) text += format_graph(graph);
  return text;
}

void write_contexts(JsonWriter& json, const std::vector<DescribedContext>& contexts) {
  json.begin_object();
  json.key("contexts");
  json.begin_array();
  for (const DescribedContext& context : contexts) {
    json.begin_object();
    json.field("file", context.file);
    json.key("graphs");
    json.begin_array();
    for (const GraphMetadata& graph : context.metadata.graphs) {
      json.begin_object();
      write_graph(json, graph);
      json.end_object();
    }
    json.end_array();
    write_context_facts(json, context.metadata);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

int run(const Arguments& arguments, const QuietStdout& out) {
  const auto files = chosen_contexts(arguments);
  const QnnSystem system(qnn_folder(arguments, "libQnnSystem.so"));
  std::vector<DescribedContext> contexts;
  std::uint64_t bytes = 0;
  for (const FileRange& file : files) {
    const MappedFile mapped(file);
    contexts.push_back({std::filesystem::path(file.name()).filename().string(),
                        read_context_metadata(system, mapped.bytes(), file.name())});
    bytes += mapped.bytes().size();
  }
  if (!json_goes_to_stdout(arguments)) {
    for (const DescribedContext& context : contexts) out.write(format_context(context));
    out.write(format_line("%zu contexts, %s\n", contexts.size(), format_bytes(bytes).c_str()));
  }
  JsonWriter json;
  write_contexts(json, contexts);
  deliver_json(arguments, out, json);
  return 0;
}

}   // namespace

Command info_command() {
  return {"info",
          "graphs, tensors, sizes and SoC of a model's contexts, without a device",
          "rwkv-run info models/mine",
          R"(rwkv-run info model_chunk1of2.bin --qnn-libs onnxruntime_qnn --json -
rwkv-run info model_chunk2of2.bin --only

Reads what stands in the files by libQnnSystem.so; nothing is loaded on a device.
)",
          takes_contexts | takes_json,
          {{"--only", "", "this one file, which may be a later chunk"}},
          1,
          run};
}

}   // namespace rwkv
