// Writing a file so that nobody ever sees half of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace rwkv {

/// Writes to a temporary name beside `path` and renames it. Throws Failure (file) that names the reason (a full disk,
/// say); the temporary file is then gone and an older `path` is untouched.
void write_output_file(const std::filesystem::path& path, std::span<const std::byte> content);
void write_output_file(const std::filesystem::path& path, std::string_view text);

/// A large file that is made in place, in the memory that the system keeps of it: nothing is held twice and nothing
/// copied. It lies under a temporary name until `keep`, and is gone without it.
class MappedOutput {
 public:
  /// Takes `size` bytes on the disk, which is more than 0. Throws Failure as `write_output_file`.
  MappedOutput(const std::filesystem::path& path, std::size_t size);
  ~MappedOutput();
  MappedOutput(const MappedOutput&) = delete;
  MappedOutput& operator=(const MappedOutput&) = delete;

  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(data_), size_}; }
  /// Gives the first `size` bytes of it its name. Throws Failure as `write_output_file`.
  void keep(std::size_t size);

 private:
  std::filesystem::path path_;
  std::string temporary_;
  int file_;
  void* data_ = nullptr;
  std::size_t size_;
};

}   // namespace rwkv
