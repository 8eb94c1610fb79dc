#include "graph_source.hpp"

#include "dynamic_library.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "narrow_weights.hpp"
#include "qnn_error.hpp"
#include "qnn_log.hpp"

namespace rwkv {
namespace {

// Of a DLC's or a library's record, which name what both have alike.
template <typename Record>
GraphMetadata describe(const Record& graph, const std::string& file) {
  return {graph.name,
          read_tensors(graph.inputs, graph.input_count, file),
          read_tensors(graph.outputs, graph.output_count, file),
          {}};
}

class DlcSource : public GraphSource {
 public:
  explicit DlcSource(const std::filesystem::path& path) : path_(path) {
    // QNN's own error for a missing or foreign file is a bare number; a DLC is a zip archive.
    const MappedFile file(path);
    const auto bytes = file.bytes();
    if (bytes.size() < 4 || bytes[0] != std::byte{'P'} || bytes[1] != std::byte{'K'}) {
      throw Failure(FailureKind::format, path.string(), "is not a DLC (a DLC is a zip archive)",
                    "convert the model again");
    }
  }

  ~DlcSource() override {
    if (dlc_ != nullptr) system_->dlc_free(dlc_);
  }

  std::vector<GraphMetadata> compose(const QnnDevice& device, qnn::Handle context) override {
    system_ = &device.library().system().functions();
    if (system_->dlc_create_from_file(nullptr, path_.c_str(), &dlc_) != qnn::success) {
      dlc_ = nullptr;
      take_qnn_log_errors();
      throw Failure(FailureKind::format, path_.string(), "is damaged, truncated, or a DLC of an unknown version",
                    "convert the model again");
    }
    qnn::GraphInfo* graphs = nullptr;
    std::uint32_t count = 0;
    const NarrowWeights narrow(device.library().functions(), scales_);
    check_qnn(system_->dlc_compose_graphs(dlc_, nullptr, 0, device.backend(), context, narrow.functions(),
                                          qnn::graph_info_version, &graphs, &count),
              path_.string(), "composing its graphs");
    std::vector<GraphMetadata> described;
    for (std::uint32_t i = 0; i < count; ++i) described.push_back(describe(graphs[i], path_.string()));
    return described;
  }

 private:
  std::filesystem::path path_;
  const qnn::SystemInterface* system_ = nullptr;
  qnn::Handle dlc_ = nullptr;
  NarrowScales scales_;
};

class ModelLibrarySource : public GraphSource {
 public:
  // dlopen searches the system's folders for a name without a slash, so the path is made absolute.
  explicit ModelLibrarySource(const std::filesystem::path& path)
      : library_(std::filesystem::absolute(path), "check the path, and that it was built for this machine's CPU"),
        compose_(library_.function<qnn::ComposeModel>("QnnModel_composeGraphs")),
        free_(library_.function<qnn::FreeModelGraphs>("QnnModel_freeGraphsInfo")) {}

  ~ModelLibrarySource() override {
    if (graphs_ != nullptr) free_(&graphs_, count_);
  }

  std::vector<GraphMetadata> compose(const QnnDevice& device, qnn::Handle context) override {
    const int status = compose_(device.backend(), device.library().functions(), context, nullptr, 0, &graphs_, &count_,
                                false, collect_qnn_log, qnn::LogLevel::error);
    if (status != 0 || graphs_ == nullptr) {
      graphs_ = nullptr;
      const std::vector<std::string> log = take_qnn_log_errors();
      const std::string said = log.empty() ? "" : ": " + log.back();
      const auto explained = explain_qnn_error(qnn::success, log);
      throw Failure(FailureKind::backend, library_.path().string(),
                    "QnnModel_composeGraphs failed with " + std::to_string(status) + said +
                        (explained ? ": " + explained->cause : ""),
                    explained
                        ? explained->hint
                        : "put the folder of libQnnSystem.so into LD_LIBRARY_PATH, and build the model library again");
    }
    std::vector<GraphMetadata> described;
    for (std::uint32_t i = 0; i < count_; ++i) described.push_back(describe(*graphs_[i], library_.path().string()));
    return described;
  }

 private:
  DynamicLibrary library_;
  qnn::ComposeModel compose_;
  qnn::FreeModelGraphs free_;
  qnn::ModelGraph** graphs_ = nullptr;
  std::uint32_t count_ = 0;
};

}   // namespace

std::unique_ptr<GraphSource> open_dlc(const std::filesystem::path& path) { return std::make_unique<DlcSource>(path); }

std::unique_ptr<GraphSource> open_model_library(const std::filesystem::path& path) {
  return std::make_unique<ModelLibrarySource>(path);
}

}   // namespace rwkv
