#include "tensor_buffer.hpp"

#include "value_codec.hpp"

namespace rwkv {

TensorBuffer::TensorBuffer(TensorInfo info, TensorMemory& memory)
    : info_(std::move(info)), data_(memory.take(info_.bytes())) {}

void TensorBuffer::fill_with_zero() {
  const std::vector<float> zeros(info_.elements(), 0.0f);
  encode_values(info_, zeros, data());
}

void TensorSet::bind(const TensorInfo& info, qnn::TensorKind kind, std::byte* memory, qnn::Handle registered) {
  qnn::Tensor tensor{};
  tensor.version = 1;
  tensor.id = info.id;
  tensor.name = info.name.c_str();
  tensor.kind = kind;
  tensor.type = info.type;
  // QNN matches tensors by id; it never writes through these pointers.
  tensor.dimensions = const_cast<std::uint32_t*>(info.shape.data());
  tensor.rank = static_cast<std::uint32_t>(info.shape.size());
  if (registered != nullptr) {
    tensor.memory = qnn::memory_registered;
    tensor.registered = registered;
  } else {
    tensor.memory = qnn::memory_raw;
    tensor.client = {memory, static_cast<std::uint32_t>(info.bytes())};
  }
  if (info.quantization) {
    tensor.quantization.definition = qnn::quantization_defined;
    tensor.quantization.encoding = qnn::quantization_scale_offset;
    tensor.quantization.scale_offset = {info.quantization->scale, info.quantization->offset};
  } else {
    tensor.quantization.definition = tensor.quantization.encoding = qnn::quantization_undefined;
  }
  tensors_.push_back(tensor);
}

}   // namespace rwkv
