// Where a graph to compile comes from: a DLC, or a model library in the format of Qualcomm's tools.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "context_metadata.hpp"
#include "qnn_device.hpp"

namespace rwkv {

class GraphSource {
 public:
  virtual ~GraphSource() = default;

  /// Adds the source's graphs to a fresh QNN context and describes them. The source must live as long as the context: the
  /// graphs refer to its weights. Throws Failure.
  virtual std::vector<GraphMetadata> compose(const QnnDevice& device, qnn::Handle context) = 0;
};

/// A DLC file, read by libQnnSystem.
std::unique_ptr<GraphSource> open_dlc(const std::filesystem::path& path);

/// A shared library that exports QnnModel_composeGraphs and QnnModel_freeGraphsInfo. Throws Failure (file) when it can't
/// be loaded, (format) when it is another library or for another CPU.
std::unique_ptr<GraphSource> open_model_library(const std::filesystem::path& path);

}   // namespace rwkv
