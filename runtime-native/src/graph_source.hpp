// Where a graph to compile comes from: a DLC, or a model library in the format of Qualcomm's tools.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "qnn_device.hpp"

namespace rwkv {

class GraphSource {
 public:
  virtual ~GraphSource() = default;

  /// Adds the source's graphs to a fresh QNN context and returns their names. The source must live until the context
  /// is finalized: the graphs refer to its weights. Throws Failure.
  virtual std::vector<std::string> compose(const QnnDevice& device, qnn::Handle context) = 0;
};

/// A DLC file, read by libQnnSystem.
std::unique_ptr<GraphSource> open_dlc(const std::filesystem::path& path);

/// A shared library that exports QnnModel_composeGraphs and QnnModel_freeGraphsInfo.
std::unique_ptr<GraphSource> open_model_library(const std::filesystem::path& path);

}   // namespace rwkv
