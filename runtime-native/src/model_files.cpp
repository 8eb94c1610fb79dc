#include "model_files.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "model_pack.hpp"

namespace rwkv {
namespace {

// The HTP prefers contexts, which are compiled already; others run libraries alone.
std::filesystem::path first_chunk_in(const std::filesystem::path& folder, Backend backend) {
  std::vector<std::filesystem::path> contexts, libraries;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = parse_chunk_name(entry.path());
    if (!name || name->chunk != 1) continue;
    if (name->extension == ".bin") contexts.push_back(entry.path());
    if (name->extension == ".so") libraries.push_back(entry.path());
  }
  const bool runs_contexts = backend == Backend::htp ? !contexts.empty() : libraries.empty();
  std::vector<std::filesystem::path>& found = runs_contexts ? contexts : libraries;
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Failure(FailureKind::file, folder.string(),
                  "has no first chunk, neither MODEL_chunk1ofN.bin nor libMODEL_chunk1ofN.so",
                  "give the folder of a model's contexts or model libraries");
  }
  std::sort(found.begin(), found.end());
  std::string names;
  for (const auto& file : found) names += (names.empty() ? "" : ", ") + file.filename().string();
  throw Failure(FailureKind::argument, folder.string(), "has several models: " + names, "give the first chunk of one");
}

std::optional<FileRange> if_there(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return file;
  return {};
}

// What stands in a tokenizer.txt: a word.
std::string tokenizer_in(const FileRange& file) {
  const MappedFile mapped(file);
  std::string word(mapped.text());
  word.erase(std::find_if(word.begin(), word.end(), [](unsigned char c) { return std::isspace(c) != 0; }), word.end());
  for (const char* known : {"byte", "world", "abc", "midi"}) {
    if (word == known) return word;
  }
  throw Failure(FailureKind::format, file.name(), "has none of the tokenizers' names: byte, world, abc, midi",
                "write the name of the model's tokenizer into it");
}

// Takes over what lies beside the chunks under a name of its own.
void take_part(ModelFiles& files, const std::string& name, const FileRange& content) {
  if (name == "embedding.f32") files.embedding = content;
  if (name == "initial-state.f32") files.initial_state = content;
  if (name == "vocabulary.txt") files.vocabulary = content;
  if (name == "config.json") files.config = content;
  if (name == "tokenizer.txt") files.tokenizer = tokenizer_in(content);
}

// The chunk's number in "…_chunkIofN.bin".
std::optional<ChunkName> chunk_of(const std::string& name) {
  return name.ends_with(".bin") ? parse_chunk_name(name) : std::nullopt;
}

ModelFiles files_in_pack(const std::filesystem::path& pack) {
  ModelFiles files;
  std::map<unsigned, FileRange> chunks;
  unsigned expected = 0;
  for (const PackPart& part : read_model_pack(pack)) {
    if (const auto name = chunk_of(part.name)) {
      chunks.emplace(name->chunk, part.content);
      expected = name->chunks;
    } else if (part.name.ends_with("_head.bin")) {
      files.head = part.content;
    } else {
      take_part(files, part.name, part.content);
    }
  }
  if (chunks.empty() || chunks.size() != expected) {
    throw Failure(
        FailureKind::format, pack.string(),
        "has " + std::to_string(chunks.size()) + " of the " + std::to_string(expected) + " chunks of its model",
        "pack the model again");
  }
  for (const auto& [number, content] : chunks) files.chunks.push_back(content);
  return files;
}

ModelFiles files_beside(const std::filesystem::path& first, bool with_tables) {
  ModelFiles files;
  for (const auto& file : find_chunk_files(first)) files.chunks.emplace_back(file);
  files.head = if_there(head_file_of(first));
  if (!with_tables) return files;
  for (const char* name : {"embedding.f32", "initial-state.f32", "tokenizer.txt", "vocabulary.txt", "config.json"}) {
    if (const auto file = if_there(first.parent_path() / name)) take_part(files, name, *file);
  }
  return files;
}

void require_runnable(const FileRange& chunk, Backend backend) {
  if (backend == Backend::htp || is_model_library(chunk.file)) return;
  const std::filesystem::path name = chunk.part.empty() ? chunk.file : std::filesystem::path(chunk.part);
  throw Failure(
      FailureKind::argument, chunk.name(),
      std::string("is a context binary, which only the HTP runs, not the ") + facts_of(backend).title,
      "give the model library of the chunk, " + library_name_for(name) + ", which `rwkv-build library` makes");
}

}   // namespace

ModelFiles find_model_files(const std::filesystem::path& model, Backend backend) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(model, ignored);
  const bool is_pack = !is_folder && std::filesystem::is_regular_file(model, ignored) && is_model_pack(model);
  ModelFiles files =
      is_pack ? files_in_pack(model) : files_beside(is_folder ? first_chunk_in(model, backend) : model, is_folder);
  require_runnable(files.chunks.front(), backend);
  return files;
}

}   // namespace rwkv
