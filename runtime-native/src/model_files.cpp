#include "model_files.hpp"

#include <algorithm>
#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"

namespace rwkv {
namespace {

std::filesystem::path first_chunk_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find("_chunk1of") != std::string::npos && name.ends_with(".bin")) found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Failure(FailureKind::file, folder.string(), "has no first chunk, MODEL_chunk1ofN.bin",
                  "give the folder of a model's contexts");
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

}   // namespace

ModelFiles find_model_files(const std::filesystem::path& model) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(model, ignored);
  const std::filesystem::path first = is_folder ? first_chunk_in(model) : model;
  ModelFiles files;
  for (const auto& file : find_chunk_files(first)) files.chunks.emplace_back(file);
  files.head = if_there(head_file_of(first));
  if (is_folder) {
    files.embedding = if_there(model / "embedding.f32");
    files.initial_state = if_there(model / "initial-state.f32");
  }
  return files;
}

}   // namespace rwkv
