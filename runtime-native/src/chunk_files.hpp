// Finding what belongs to a model by the name of its first chunk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rwkv {

/// "STEM_chunkIofN.EXTENSION", taken apart.
struct ChunkName {
  std::string stem;
  unsigned chunk = 0;   // from 1
  unsigned chunks = 0;
  std::string extension;   // with its dot

  std::string file_of(unsigned other) const;
};

/// Nothing for other names.
std::optional<ChunkName> parse_chunk_name(const std::filesystem::path& file);

/// For "…_chunk1ofN.bin", or ".so": the N files beside it, in order. For any other name: that file alone, as a whole model.
/// Throws Failure (file) that names the missing chunk, or (argument) when `first` is a later chunk.
std::vector<std::filesystem::path> find_chunk_files(const std::filesystem::path& first);

/// Whether the file is a model library by its name, "….so"; anything else is a context binary.
bool is_model_library(const std::filesystem::path& file);

/// For "LIB.so": it, then the libraries of the chunk's further graphs beside it, "LIB-prefillT.so" and "LIB-batchS.so".
/// Throws Failure (argument) when there are several of one kind.
std::vector<std::filesystem::path> find_graph_libraries(const std::filesystem::path& library);

/// For "…/MODEL_chunkIofN.bin": "libMODEL_chunkIofN.so", as the model library of the same chunk is called.
std::string library_name_for(const std::filesystem::path& binary);

/// For "…_chunk1ofN.bin": "…_head.bin" beside it, which is where a head in a context of its own would be.
std::filesystem::path head_file_of(const std::filesystem::path& first);

}   // namespace rwkv
