#include "tensor_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "value_codec.hpp"

namespace rwkv {
namespace {

constexpr std::align_val_t alignment{128};   // an HVX vector

}   // namespace

void TensorBuffer::Release::operator()(std::byte* memory) const { operator delete(memory, alignment); }

TensorBuffer::TensorBuffer(TensorInfo info) : info_(std::move(info)) {
  const std::size_t bytes = std::max<std::size_t>(info_.bytes(), 1);
  memory_.reset(static_cast<std::byte*>(operator new(bytes, alignment)));
  std::memset(memory_.get(), 0, bytes);
}

void TensorBuffer::fill_with_zero() {
  const std::vector<float> zeros(info_.elements(), 0.0f);
  encode_values(info_, zeros, data());
}

void TensorSet::bind(const TensorInfo& info, qnn::TensorKind kind, std::byte* memory) {
  qnn::Tensor tensor{};
  tensor.version = 1;
  tensor.id = info.id;
  tensor.name = info.name.c_str();
  tensor.kind = kind;
  tensor.type = info.type;
  // QNN matches tensors by id; it never writes through these pointers.
  tensor.dimensions = const_cast<std::uint32_t*>(info.shape.data());
  tensor.rank = static_cast<std::uint32_t>(info.shape.size());
  tensor.memory = qnn::memory_raw;
  tensor.client = {memory, static_cast<std::uint32_t>(info.bytes())};
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
