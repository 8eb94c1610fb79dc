#include "tensor_info.hpp"

#include <cstdio>

namespace rwkv {

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
