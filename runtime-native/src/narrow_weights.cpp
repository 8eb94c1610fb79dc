#include "narrow_weights.hpp"

#include <string_view>

namespace rwkv {
namespace {

constexpr std::string_view narrow_ending = "_s4";   // QNN's names have no dots
constexpr std::uint32_t narrow_bits = 4;

struct Backend {
  decltype(qnn::Interface::tensor_create_graph) create = nullptr;
  NarrowScales* scales = nullptr;
};
// The function that creates tensors is handed nothing of its caller's.
thread_local Backend backend;

bool is_narrow(const qnn::Tensor& tensor) {
  return tensor.kind == qnn::TensorKind::fixed && tensor.type == qnn::DataType::sfix8 &&
         tensor.quantization.encoding == qnn::quantization_axis &&
         std::string_view(tensor.name).ends_with(narrow_ending);
}

qnn::Error create_tensor(qnn::Handle graph, qnn::Tensor* tensor) {
  if (!is_narrow(*tensor)) return backend.create(graph, tensor);
  const qnn::AxisScaleOffsets& axis = tensor->quantization.axis;
  auto scales = std::make_unique<std::vector<float>>();
  for (std::uint32_t i = 0; i < axis.count; ++i) scales->push_back(axis.values[i].scale);
  qnn::Tensor narrow = *tensor;
  narrow.quantization.encoding = qnn::quantization_narrow_axis;
  narrow.quantization.narrow_axis = {narrow_bits, axis.axis, axis.count, scales->data(), nullptr};
  backend.scales->push_back(std::move(scales));
  const qnn::Error error = backend.create(graph, &narrow);
  tensor->id = narrow.id;   // by which the graph's operations name it
  return error;
}

}   // namespace

NarrowWeights::NarrowWeights(const qnn::Interface& functions, NarrowScales& scales) : functions_(functions) {
  backend = {functions.tensor_create_graph, &scales};
  functions_.tensor_create_graph = create_tensor;
}

NarrowWeights::~NarrowWeights() { backend = {}; }

}   // namespace rwkv
