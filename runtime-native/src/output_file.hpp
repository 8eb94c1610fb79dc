// Writing a file so that nobody ever sees half of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace rwkv {

/// Writes to a temporary name beside `path`, flushes it to the disk and renames it. Throws Failure (file) that names
/// the reason (a full disk, say); the temporary file is then gone and an older `path` is untouched.
void write_output_file(const std::filesystem::path& path, std::span<const std::byte> content);
void write_output_file(const std::filesystem::path& path, std::string_view text);

}   // namespace rwkv
