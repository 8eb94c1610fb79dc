// A context binary loaded on a device, ready to execute its decode graph.
#pragma once

#include <filesystem>

#include "context_metadata.hpp"
#include "htp_device.hpp"
#include "tensor_buffer.hpp"

namespace rwkv {

class HtpContext {
 public:
  /// Loads the file. The graph is the one called "rwkv_decode", or the only one. `device` must outlive the context.
  /// Throws Failure for a missing, damaged or truncated file and when QNN refuses it.
  HtpContext(const HtpDevice& device, const std::filesystem::path& path);
  ~HtpContext();
  HtpContext(const HtpContext&) = delete;
  HtpContext& operator=(const HtpContext&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const ContextMetadata& metadata() const { return metadata_; }
  const GraphMetadata& graph() const { return metadata_.graphs[graph_index_]; }

  /// Runs the graph once. Throws Failure (backend).
  void execute(TensorSet& inputs, TensorSet& outputs) const;

 private:
  const HtpDevice& device_;
  std::filesystem::path path_;
  ContextMetadata metadata_;
  std::size_t graph_index_ = 0;
  qnn::Handle context_ = nullptr;
  qnn::Handle graph_ = nullptr;
};

}   // namespace rwkv
