// A file, or a stretch of one: a model's parts lie in files of their own or side by side in one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "sha256.hpp"

namespace rwkv {

struct FileRange {
  // Implicit: a whole file is named by its path.
  FileRange(std::filesystem::path whole) : file(std::move(whole)) {}
  FileRange(std::filesystem::path container, std::string name_in_it, std::uint64_t begin, std::uint64_t length)
      : file(std::move(container)), part(std::move(name_in_it)), offset(begin), bytes(length) {}

  std::filesystem::path file;
  std::string part;   // what it is called inside of the file; empty for a whole one
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> bytes;   // nothing: up to the end
  std::optional<Digest> digest;         // of the bytes, where it is known: who maps them checks it

  /// For messages: "model.rwkvpack:model_chunk1of2.bin", or the path.
  std::string name() const { return part.empty() ? file.string() : file.string() + ":" + part; }
};

}   // namespace rwkv
