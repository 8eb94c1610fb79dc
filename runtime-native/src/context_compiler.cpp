#include "context_compiler.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {
namespace {

class FreshContext {
 public:
  FreshContext(const QnnDevice& device, Weights weights, const std::string& subject)
      : htp_(device.library().functions()) {
    qnn::HtpContextConfig sharing{};
    sharing.option = qnn::htp_context_weight_sharing;
    sharing.share_weights = true;
    const qnn::Config config{qnn::config_custom, &sharing};
    const qnn::Config* list[] = {&config, nullptr};
    check_qnn(
        htp_.context_create(device.backend(), device.device(), weights == Weights::shared ? list : nullptr, &handle_),
        subject, "creating a context");
  }
  ~FreshContext() { htp_.context_free(handle_, nullptr); }
  FreshContext(const FreshContext&) = delete;
  FreshContext& operator=(const FreshContext&) = delete;
  qnn::Handle handle() const { return handle_; }

 private:
  const qnn::Interface& htp_;
  qnn::Handle handle_ = nullptr;
};

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

void set_options(const qnn::Interface& htp, qnn::Handle graph, const CompileOptions& options,
                 const std::string& subject) {
  const std::vector<qnn::HtpGraphConfig> custom = to_htp_configs(options);
  std::vector<qnn::Config> configs;
  for (const qnn::HtpGraphConfig& one : custom) configs.push_back({qnn::config_custom, &one});
  std::vector<const qnn::Config*> list;
  for (const qnn::Config& one : configs) list.push_back(&one);
  list.push_back(nullptr);
  check_qnn(htp.graph_set_config(graph, list.data()), subject, "setting the graph's options");
}

class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - start_).count();
    start_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}   // namespace

CompiledContext compile_context(const QnnDevice& device, std::span<const std::unique_ptr<GraphSource>> sources,
                                const CompileOptions& options, const std::filesystem::path& subject,
                                const BinaryRoom& room) {
  const qnn::Interface& htp = device.library().functions();
  const std::string name = subject.string();
  CompiledContext compiled;
  Stopwatch watch;

  const auto held = std::make_shared<const FreshContext>(device, options.weights, name);
  const FreshContext& context = *held;
  std::vector<std::string> graphs;
  for (const std::unique_ptr<GraphSource>& source : sources) {
    for (std::string& graph : source->compose(device, context.handle())) {
      if (std::find(graphs.begin(), graphs.end(), graph) != graphs.end()) {
        throw Failure(FailureKind::argument, name, "two of the graphs for one context are called " + graph,
                      "give each graph of the chunk once");
      }
      graphs.push_back(std::move(graph));
    }
  }
  if (graphs.empty()) throw Failure(FailureKind::format, name, "holds no graph", "convert the model again");
  compiled.seconds.compose = watch.lap();

  for (const std::string& graph_name : graphs) {
    qnn::Handle graph = nullptr;
    check_qnn(htp.graph_retrieve(context.handle(), graph_name.c_str(), &graph), name, "finding graph " + graph_name);
    set_options(htp, graph, options, name);
    const FinalizeProfile profile(device);
    check_qnn(htp.graph_finalize(graph, profile.handle(), nullptr), name, "compiling graph " + graph_name);
    if (const auto cost = profile.estimate()) compiled.costs.emplace(graph_name, *cost);
  }
  compiled.seconds.finalize = watch.lap();

  std::uint64_t bytes = 0;
  check_qnn(htp.context_get_binary_size(context.handle(), &bytes), name, "asking for the context's size");
  const std::span<std::byte> binary = room(bytes);
  std::uint64_t written = 0;
  check_qnn(htp.context_get_binary(context.handle(), binary.data(), bytes, &written), name, "serialising the context");
  compiled.binary = binary.first(written);
  compiled.seconds.serialise = watch.lap();
  compiled.compiler = held;
  return compiled;
}

}   // namespace rwkv
