#include "loaded_context.hpp"

#include "chunk_files.hpp"
#include "context_fit.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "qnn_error.hpp"
#include "qnn_log.hpp"
#include "soc_table.hpp"

namespace rwkv {
namespace {

constexpr const char* decode_name = "rwkv_decode";

std::size_t find_decode_graph(const ContextMetadata& metadata, const std::string& name) {
  std::string names;
  for (std::size_t i = 0; i < metadata.graphs.size(); ++i) {
    if (metadata.graphs[i].name == decode_name) return i;
    names += (i == 0 ? "" : ", ") + metadata.graphs[i].name;
  }
  if (metadata.graphs.size() == 1) return 0;
  throw Failure(FailureKind::format, name, "has no graph 'rwkv_decode', only " + names,
                "export the model with rwkv-build");
}

// The emulator logs this error and then crashes, so that it has to be found beforehand.
void refuse_shared_weights(const ContextMetadata& metadata, const std::string& name) {
  for (const GraphMetadata& graph : metadata.graphs) {
    if (!graph.memory || graph.memory->shared_weight_bytes == 0) continue;
    const auto words = explain_qnn_error(1000, {"Shared weights buffer isn't supported on this platform"});
    throw Failure(FailureKind::backend, name, words->cause + " (QNN error 1000)", words->hint);
  }
}

}   // namespace

LoadedContext::LoadedContext(const QnnDevice& device, const FileRange& file, ContextGroup* group)
    : device_(device), group_(group), name_(file.name()) {
  if (is_model_library(file.file))
    compose(file.file);
  else
    load(file);
}

LoadedContext::~LoadedContext() {
  if (context_ != nullptr) device_.library().functions().context_free(context_, nullptr);
}

void LoadedContext::load(const FileRange& binary) {
  const qnn::Interface& functions = device_.library().functions();
  // Only while loading: QNN keeps its own copy.
  const MappedFile file(binary);
  const auto bytes = file.bytes();
  metadata_ = read_context_metadata(device_.library().system(), bytes, name_);
  require_fit(metadata_, {functions.core_api, functions.backend_api, device_.is_emulated() ? nullptr : this_soc()},
              name_);
  decode_graph_ = find_decode_graph(metadata_, name_);
  if (device_.is_emulated()) refuse_shared_weights(metadata_, name_);
  create(bytes);
  try {
    for (const GraphMetadata& graph : metadata_.graphs) {
      graphs_.push_back(nullptr);
      check_qnn(functions.graph_retrieve(context_, graph.name.c_str(), &graphs_.back()), name_,
                "finding its graph " + graph.name);
    }
  } catch (...) {
    functions.context_free(context_, nullptr);
    throw;
  }
}

void LoadedContext::create(std::span<const std::byte> binary) {
  const qnn::Interface& functions = device_.library().functions();
  const auto load = [&](const qnn::Config** configs) {
    return functions.context_create_from_binary(device_.backend(), device_.device(), configs, binary.data(),
                                                binary.size(), &context_, nullptr);
  };
  if (group_ != nullptr && group_->spill_fill_bytes > 0 && !group_->is_refused) {
    qnn::HtpContextConfig in_group{};
    in_group.option = qnn::htp_context_group;
    in_group.group = {group_->first, group_->spill_fill_bytes};
    const qnn::Config config{qnn::config_custom, &in_group};
    const qnn::Config* configs[] = {&config, nullptr};
    if (load(configs) == qnn::success) {
      if (group_->first == nullptr) group_->first = context_;
      return;
    }
    // The emulator knows no groups (error 5010); what else is wrong shows again without one.
    take_qnn_log_errors();
    group_->is_refused = true;
  }
  check_qnn(load(nullptr), name_, "loading the context");
}

// Weights that graphs have in common can be kept once in a context binary alone.
void LoadedContext::compose(const std::filesystem::path& library) {
  std::vector<std::unique_ptr<GraphSource>> sources;
  for (const auto& file : find_graph_libraries(library)) {
    sources.push_back(open_model_library(file));
    metadata_.binary_bytes += std::filesystem::file_size(file);
  }
  composed_ = std::make_unique<const ComposedContext>(device_, std::move(sources), CompileOptions{}, name_);
  for (const ComposedGraph& graph : composed_->graphs()) {
    metadata_.graphs.push_back(graph.metadata);
    graphs_.push_back(graph.handle);
  }
  decode_graph_ = find_decode_graph(metadata_, name_);
  metadata_.build_id = device_.library().build_id();
  metadata_.core_api = device_.library().functions().core_api;
  metadata_.backend_api = device_.library().functions().backend_api;
  metadata_.soc_id = device_.soc_id();
  if (const Soc* soc = find_soc(device_.soc_id())) metadata_.htp_arch = soc->htp_arch;
}

std::optional<std::size_t> LoadedContext::find_graph(std::string_view name) const {
  for (std::size_t i = 0; i < metadata_.graphs.size(); ++i) {
    if (metadata_.graphs[i].name == name) return i;
  }
  return {};
}

void LoadedContext::execute(std::size_t graph, TensorSet& inputs, TensorSet& outputs) const {
  const auto in = inputs.tensors();
  const auto out = outputs.tensors();
  const std::lock_guard turn(group_ != nullptr && group_->spill_fill_bytes > 0 ? group_->executing : executing_);
  const qnn::Error error =
      device_.library().functions().graph_execute(graphs_[graph], in.data(), static_cast<std::uint32_t>(in.size()),
                                                  out.data(), static_cast<std::uint32_t>(out.size()), nullptr, nullptr);
  if (error != qnn::success) check_qnn(error, name_, "executing the graph " + metadata_.graphs[graph].name);
}

}   // namespace rwkv
