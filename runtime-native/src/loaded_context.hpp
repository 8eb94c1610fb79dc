// A context on a device, ready to execute its graphs: loaded from its binary, or compiled from its model libraries.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "composed_context.hpp"
#include "context_metadata.hpp"
#include "file_range.hpp"
#include "qnn_device.hpp"
#include "tensor_buffer.hpp"

namespace rwkv {

/// Contexts that run one after the other, and so need one buffer for what spills out of VTCM.
struct ContextGroup {
  std::uint64_t spill_fill_bytes = 0;   // the most that one of them needs; 0 for no group
  qnn::Handle first = nullptr;          // the context that the others share the buffer of, once it is loaded
  std::atomic<bool> is_refused = false;
  std::mutex executing;
};

class LoadedContext {
 public:
  /// Loads a context binary, on an HTP, or composes and finalizes a model library and those of the chunk's further graphs
  /// beside it. There is a graph called "rwkv_decode", or only one. `device` and `group`, where there is one, must outlive
  /// the context; of a group, which is for binaries, the first context is loaded before the others and freed after them.
  /// Throws Failure for a missing, damaged or truncated file, one of another kind, and when QNN refuses it.
  LoadedContext(const QnnDevice& device, const FileRange& file, ContextGroup* group = nullptr);
  ~LoadedContext();
  LoadedContext(const LoadedContext&) = delete;
  LoadedContext& operator=(const LoadedContext&) = delete;

  const QnnDevice& device() const { return device_; }
  qnn::Handle handle() const { return composed_ ? composed_->handle() : context_; }
  /// For messages.
  const std::string& name() const { return name_; }
  /// Of model libraries: what is known without a binary.
  const ContextMetadata& metadata() const { return metadata_; }
  /// The places of the graph that takes one token, and of one with a name, if there is any, in metadata().graphs.
  std::size_t decode_graph() const { return decode_graph_; }
  std::optional<std::size_t> find_graph(std::string_view name) const;

  /// Runs the graph at a place once; callers from several threads take turns. Throws Failure (backend).
  void execute(std::size_t graph, TensorSet& inputs, TensorSet& outputs) const;

 private:
  void load(const FileRange& file);
  void create(std::span<const std::byte> binary);
  void compose(const std::filesystem::path& library);

  const QnnDevice& device_;
  ContextGroup* group_;
  std::string name_;
  ContextMetadata metadata_;
  std::size_t decode_graph_ = 0;
  std::unique_ptr<const ComposedContext> composed_;   // of model libraries
  qnn::Handle context_ = nullptr;                     // of a binary
  std::vector<qnn::Handle> graphs_;                   // as in the metadata
  mutable std::mutex executing_;
};

}   // namespace rwkv
