#include "composed_context.hpp"

#include <algorithm>
#include <chrono>

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {
namespace {

std::vector<qnn::HtpGraphConfig> to_htp_configs(const CompileOptions& options) {
  std::vector<qnn::HtpGraphConfig> configs;
  const auto add = [&](std::uint32_t option) -> qnn::HtpGraphConfig& {
    configs.push_back({});
    configs.back().option = option;
    return configs.back();
  };
  auto& optimization = add(qnn::htp_graph_optimization).optimization;
  optimization.kind = qnn::htp_optimization_level;
  optimization.value = static_cast<float>(options.optimization_level);
  add(qnn::htp_graph_vtcm_mb).vtcm_mb = options.vtcm_mb;
  if (options.precision == FloatPrecision::fp16) add(qnn::htp_graph_precision).precision = qnn::htp_precision_fp16;
  if (options.hvx_threads) add(qnn::htp_graph_hvx_threads).hvx_threads = *options.hvx_threads;
  return configs;
}

void set_htp_options(const qnn::Interface& htp, qnn::Handle graph, const CompileOptions& options,
                     const std::string& subject) {
  const std::vector<qnn::HtpGraphConfig> custom = to_htp_configs(options);
  std::vector<qnn::Config> configs;
  for (const qnn::HtpGraphConfig& one : custom) configs.push_back({qnn::config_custom, &one});
  std::vector<const qnn::Config*> list;
  for (const qnn::Config& one : configs) list.push_back(&one);
  list.push_back(nullptr);
  check_qnn(htp.graph_set_config(graph, list.data()), subject, "setting the graph's options");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}   // namespace

ComposedContext::ComposedContext(const QnnDevice& device, std::vector<std::unique_ptr<GraphSource>> sources,
                                 const CompileOptions& options, const std::string& subject)
    : functions_(device.library().functions()), sources_(std::move(sources)) {
  create(device, options.weights, subject);
  try {
    const auto start = std::chrono::steady_clock::now();
    compose(device, subject);
    compose_seconds_ = seconds_since(start);
    finalize(device, options, subject);
    finalize_seconds_ = seconds_since(start) - compose_seconds_;
  } catch (...) {
    functions_.context_free(handle_, nullptr);
    throw;
  }
}

ComposedContext::~ComposedContext() { functions_.context_free(handle_, nullptr); }

void ComposedContext::create(const QnnDevice& device, Weights weights, const std::string& subject) {
  qnn::HtpContextConfig sharing{};
  sharing.option = qnn::htp_context_weight_sharing;
  sharing.share_weights = true;
  const qnn::Config config{qnn::config_custom, &sharing};
  const qnn::Config* list[] = {&config, nullptr};
  check_qnn(functions_.context_create(device.backend(), device.device(), weights == Weights::shared ? list : nullptr,
                                      &handle_),
            subject, "creating a context");
}

void ComposedContext::compose(const QnnDevice& device, const std::string& subject) {
  for (const auto& source : sources_) {
    for (GraphMetadata& graph : source->compose(device, handle_)) {
      if (std::any_of(graphs_.begin(), graphs_.end(),
                      [&](const ComposedGraph& other) { return other.metadata.name == graph.name; })) {
        throw Failure(FailureKind::argument, subject, "two of the graphs for one context are called " + graph.name,
                      "give each graph of the chunk once");
      }
      graphs_.push_back({std::move(graph), nullptr});
    }
  }
  if (graphs_.empty()) throw Failure(FailureKind::format, subject, "holds no graph", "convert the model again");
}

void ComposedContext::finalize(const QnnDevice& device, const CompileOptions& options, const std::string& subject) {
  const bool is_htp = device.library().backend() == Backend::htp;
  for (ComposedGraph& graph : graphs_) {
    const std::string& name = graph.metadata.name;
    check_qnn(functions_.graph_retrieve(handle_, name.c_str(), &graph.handle), subject, "finding graph " + name);
    std::optional<FinalizeProfile> profile;
    if (is_htp) {
      set_htp_options(functions_, graph.handle, options, subject);
      profile.emplace(device);
    }
    check_qnn(functions_.graph_finalize(graph.handle, profile ? profile->handle() : nullptr, nullptr), subject,
              "compiling graph " + name);
    if (!profile) continue;
    if (const auto cost = profile->estimate()) costs_.emplace(name, *cost);
  }
}

}   // namespace rwkv
