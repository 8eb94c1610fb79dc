// A context binary loaded on a device, ready to execute its graphs.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "context_metadata.hpp"
#include "file_range.hpp"
#include "qnn_device.hpp"
#include "tensor_buffer.hpp"

namespace rwkv {

class LoadedContext {
 public:
  /// Loads the binary. It has a graph called "rwkv_decode", or only one. `device` must outlive the context. Throws
  /// Failure for a missing, damaged or truncated file and when QNN refuses it.
  LoadedContext(const QnnDevice& device, const FileRange& range);
  ~LoadedContext();
  LoadedContext(const LoadedContext&) = delete;
  LoadedContext& operator=(const LoadedContext&) = delete;

  /// For messages.
  const std::string& name() const { return name_; }
  const ContextMetadata& metadata() const { return metadata_; }
  /// The places of the graph that takes one token, and of one with a name, if there is any, in metadata().graphs.
  std::size_t decode_graph() const { return decode_graph_; }
  std::optional<std::size_t> find_graph(std::string_view name) const;

  /// Runs the graph at a place once; callers from several threads take turns. Throws Failure (backend).
  void execute(std::size_t graph, TensorSet& inputs, TensorSet& outputs) const;

 private:
  const QnnDevice& device_;
  std::string name_;
  ContextMetadata metadata_;
  std::size_t decode_graph_ = 0;
  qnn::Handle context_ = nullptr;
  std::vector<qnn::Handle> graphs_;   // as in the metadata
  mutable std::mutex executing_;
};

}   // namespace rwkv
