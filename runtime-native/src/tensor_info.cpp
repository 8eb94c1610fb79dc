#include "tensor_info.hpp"

#include <cstdio>

#include "failure.hpp"

namespace rwkv {
namespace {

constexpr std::uint32_t most_tensors = 100000;   // a sanity limit: a 64-layer chunk has about 400
constexpr std::uint32_t most_rank = 8;

TensorInfo read_tensor(const qnn::Tensor& tensor) {
  TensorInfo info;
  info.id = tensor.id;
  info.name = tensor.name;
  info.type = tensor.type;
  if (tensor.rank > 0) info.shape.assign(tensor.dimensions, tensor.dimensions + tensor.rank);
  const qnn::QuantizeParams& quantization = tensor.quantization;
  if (quantization.definition == qnn::quantization_defined && quantization.encoding == qnn::quantization_scale_offset) {
    info.quantization = Quantization{quantization.scale_offset.scale, quantization.scale_offset.offset};
  }
  return info;
}

bool is_sound(const qnn::Tensor& tensor) {
  return (tensor.version == 1 || tensor.version == 2) && tensor.name != nullptr && tensor.rank <= most_rank &&
         (tensor.rank == 0 || tensor.dimensions != nullptr);
}

}   // namespace

std::vector<TensorInfo> read_tensors(const qnn::Tensor* tensors, std::uint32_t count, const std::string& file) {
  std::vector<TensorInfo> infos;
  const bool is_list = count <= most_tensors && (count == 0 || tensors != nullptr);
  for (std::uint32_t i = 0; is_list && i < count && is_sound(tensors[i]); ++i) infos.push_back(read_tensor(tensors[i]));
  if (infos.size() == count) return infos;
  throw Failure(FailureKind::format, file, "has a damaged description of its tensors", "build it again");
}

std::size_t size_of(qnn::DataType type) {
  // QNN writes the number of bits as if it were hexadecimal in the lowest byte: 0x16 means 16 bits.
  const auto code = static_cast<std::uint32_t>(type) & 0xff;
  return ((code >> 4) * 10 + (code & 0xf)) / 8;
}

std::string name_of(qnn::DataType type) {
  const auto code = static_cast<std::uint32_t>(type);
  const std::string bits = std::to_string(8 * size_of(type));
  switch (code & 0xff00) {
    case 0x000:
      return "int" + bits;
    case 0x100:
      return "uint" + bits;
    case 0x200:
      return "float" + bits;
    case 0x300:
      return "sfix" + bits;
    case 0x400:
      return "ufix" + bits;
    case 0x500:
      return "bool" + bits;
    default:
      break;
  }
  char text[16];
  std::snprintf(text, sizeof text, "0x%04x", code);
  return text;
}

std::size_t TensorInfo::elements() const {
  std::size_t product = 1;
  for (const std::uint32_t length : shape) product *= length;
  return product;
}

std::size_t TensorInfo::bytes() const { return elements() * size_of(type); }

bool TensorInfo::has_layout_of(const TensorInfo& other) const {
  return type == other.type && elements() == other.elements() && quantization == other.quantization;
}

}   // namespace rwkv
