// Graphs composed into a fresh context and finalized there: compiled, as the HTP has it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cost_estimate.hpp"
#include "graph_source.hpp"
#include "qnn_device.hpp"

namespace rwkv {

enum class FloatPrecision { fp16, as_written };

/// Whether the graphs of a context keep one copy of the weights that they have in common. QNN's emulator cannot load
/// such a context.
enum class Weights { own, shared };

/// For the HTP; other backends have no such choice.
struct CompileOptions {
  std::uint32_t optimization_level = 3;
  std::uint32_t vtcm_mb = 8;   // QNN's own default is 4 on some SoCs that have 8
  std::optional<std::uint32_t> hvx_threads;
  FloatPrecision precision = FloatPrecision::fp16;
  Weights weights = Weights::own;
};

/// A graph that a device can run.
struct ComposedGraph {
  GraphMetadata metadata;
  qnn::Handle handle = nullptr;
};

class ComposedContext {
 public:
  /// Composes and finalizes all graphs of all sources. `subject` is for messages; `device` must outlive the context.
  /// Throws Failure.
  ComposedContext(const QnnDevice& device, std::vector<std::unique_ptr<GraphSource>> sources,
                  const CompileOptions& options, const std::string& subject);
  ~ComposedContext();
  ComposedContext(const ComposedContext&) = delete;
  ComposedContext& operator=(const ComposedContext&) = delete;

  qnn::Handle handle() const { return handle_; }
  /// In the order of their sources.
  const std::vector<ComposedGraph>& graphs() const { return graphs_; }
  /// By graph, for SoCs with a cost model.
  const std::map<std::string, CostEstimate>& costs() const { return costs_; }
  double compose_seconds() const { return compose_seconds_; }
  double finalize_seconds() const { return finalize_seconds_; }

 private:
  void create(const QnnDevice& device, Weights weights, const std::string& subject);
  void compose(const QnnDevice& device, const std::string& subject);
  void finalize(const QnnDevice& device, const CompileOptions& options, const std::string& subject);

  const qnn::Interface& functions_;
  std::vector<std::unique_ptr<GraphSource>> sources_;
  qnn::Handle handle_ = nullptr;
  std::vector<ComposedGraph> graphs_;
  std::map<std::string, CostEstimate> costs_;
  double compose_seconds_ = 0, finalize_seconds_ = 0;
};

}   // namespace rwkv
