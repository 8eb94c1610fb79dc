// Numbers and stretches of bytes one after the other.
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rwkv {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

class ByteWriter {
 public:
  void add(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  template <typename Number>
  void add_number(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    add(std::as_bytes(std::span(&value, 1)));
  }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}   // namespace rwkv
