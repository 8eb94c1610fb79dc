// Where the parts of a model lie.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "file_range.hpp"

namespace rwkv {

struct ModelFiles {
  std::vector<FileRange> chunks;   // in their order
  std::optional<FileRange> head;   // the head in a context of its own
  std::optional<FileRange> embedding;
  std::optional<FileRange> initial_state;
  std::string tokenizer;                 // "byte", "world", "abc" or "midi"; empty where nothing says it
  std::optional<FileRange> vocabulary;   // for "world"
};

/// For a pack: what is in it. For a first chunk, "…_chunk1ofN.bin": it, the others and the head beside it. For a folder: the one model whose chunks
/// are in it, with `embedding.f32`, `initial-state.f32`, `tokenizer.txt` and `vocabulary.txt` where they are there too. For any other file: that one, as a
/// whole model. Throws Failure (file) that names what is missing, (argument) for a later chunk and for a folder with
/// several models.
ModelFiles find_model_files(const std::filesystem::path& model);

}   // namespace rwkv
