// A file, or a stretch of one, mapped read-only into memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "file_range.hpp"

namespace rwkv {

class MappedFile {
 public:
  /// Throws Failure (file) when it can't be opened, Failure (format) when it is empty, ends before the
  /// range does, or has another digest than the range.
  explicit MappedFile(const FileRange& range);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_) + before_, size_}; }
  std::string_view text() const { return {static_cast<const char*>(data_) + before_, size_}; }

 private:
  void* data_ = nullptr;     // from the beginning of a page
  std::size_t before_ = 0;   // bytes of it that are before the range
  std::size_t size_ = 0;
};

}   // namespace rwkv
