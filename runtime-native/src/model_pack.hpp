// A model in one file: its contexts and what they need, each with its digest, aligned so that they can be mapped.
//
// Format 1, numbers little-endian:
//   8 bytes "RWKVPACK" · u32 format · u32 parts
//   for each part, in the order of their names: u32 length and bytes of its name · u64 offset in the file · u64 bytes ·
//   the SHA-256 of these
//   the SHA-256 of everything before it
//   the parts, each at a multiple of 4096, zeros between
// The same parts make the same file, to the byte.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "file_range.hpp"

namespace rwkv {

/// What a model is made of, by its name in the pack: its contexts under their file names, "embedding.f32",
/// "initial-state.f32", "tokenizer.txt", "vocabulary.txt" and "config.json".
struct PackPart {
  std::string name;
  FileRange content;
};

/// Whether the file begins as a pack does. Throws Failure (file) when it can't be read.
bool is_model_pack(const std::filesystem::path& file);

/// The parts of a pack, with the digests that mapping them checks. Throws Failure (file), (format) for a damaged,
/// truncated or foreign file.
std::vector<PackPart> read_model_pack(const std::filesystem::path& file);

/// The same of a pack's beginning that lies in memory; `file` is what the parts are in. `size` is the whole file's.
std::vector<PackPart> parse_pack_index(std::span<const std::byte> beginning, std::uint64_t size,
                                       const std::filesystem::path& file);

/// What becomes a part: a file, or a text.
struct PackSource {
  std::string name;
  std::variant<FileRange, std::string> content;
};

/// Writes a pack as a whole or not at all. Throws Failure (argument) for two parts of one name, (file).
void write_model_pack(const std::filesystem::path& file, std::vector<PackSource> sources);

}   // namespace rwkv
