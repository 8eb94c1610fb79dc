// Reads numbers and stretches out of bytes that may end too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "failure.hpp"

namespace rwkv {

class ByteReader {
 public:
  /// `name` is for messages, `hint` what to do about a damaged file; both must outlive the reader.
  ByteReader(std::span<const std::byte> bytes, const std::string& name, const char* hint)
      : rest_(bytes), name_(name), hint_(hint) {}

  std::size_t left() const { return rest_.size(); }

  /// The next `length` bytes. Throws Failure (format) when there are fewer.
  std::span<const std::byte> take(std::uint64_t length) {
    if (length > rest_.size()) refuse("is truncated or damaged");
    const auto taken = rest_.first(static_cast<std::size_t>(length));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  template <typename Number>
  Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string text(std::uint64_t length) {
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Takes a file's first 8 bytes and the number of its format. Throws Failure (format): `foreign`, "is no …", for
  /// others, and with both numbers for another format.
  void take_header(std::string_view magic, std::uint32_t format, const char* foreign) {
    if (left() < magic.size() || text(magic.size()) != magic) refuse(foreign);
    if (const auto found = number<std::uint32_t>(); found != format)
      refuse("has format " + std::to_string(found) + ", expected " + std::to_string(format));
  }

  [[noreturn]] void refuse(const std::string& cause) const { throw Failure(FailureKind::format, name_, cause, hint_); }

 private:
  std::span<const std::byte> rest_;
  const std::string& name_;
  const char* hint_;
};

}   // namespace rwkv
