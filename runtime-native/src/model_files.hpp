// Where the parts of a model lie.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "file_range.hpp"
#include "qnn_backend.hpp"

namespace rwkv {

struct ModelFiles {
  std::vector<FileRange> chunks;   // in their order; a library stands for those of its chunk's further graphs too
  std::optional<FileRange> head;   // the head in a context of its own
  std::optional<FileRange> embedding;
  std::optional<FileRange> initial_state;
  std::string tokenizer;                 // "byte", "world", "abc" or "midi"; empty where nothing says it
  std::optional<FileRange> vocabulary;   // for "world"
  std::optional<FileRange> config;       // the figures of the weights, as JSON; nothing here reads it
};

/// For a pack: what is in it. For a first chunk, "…_chunk1ofN.bin", or ".so" of model libraries: it, the others and the
/// head beside it. For a folder: the one model whose chunks are in it, the contexts of one that the HTP runs if there
/// are any, else its libraries, with `embedding.f32`, `initial-state.f32`, `tokenizer.txt`, `vocabulary.txt` and
/// `config.json` where they are there too. For any other file: that one, as a whole model. Throws Failure (file) that names what is missing,
/// (argument) for a later chunk, a folder with several models, and contexts where the backend isn't the HTP.
ModelFiles find_model_files(const std::filesystem::path& model, Backend backend = Backend::htp);

}   // namespace rwkv
