#include "emulator_model.hpp"

#include <algorithm>
#include <map>

#include "chunk_files.hpp"
#include "test_case.hpp"

namespace rwkv::test {

const QnnLibrary& qnn_library() {
  if (!surroundings().qnn_libs) skip("--qnn-libs");
  static const QnnLibrary library(*surroundings().qnn_libs);
  return library;
}

const QnnDevice& qnn_device() {
  // Not freed when the process ends: what the HTP's compiler keeps, once it was used, goes before.
  static const QnnDevice* const device = new QnnDevice(qnn_library(), {});
  return *device;
}

std::vector<std::filesystem::path> first_chunks() {
  if (!surroundings().contexts) skip("--contexts");
  std::multimap<std::size_t, std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(*surroundings().contexts)) {
    const std::string name = entry.path().filename().string();
    if (name.find("_chunk1of") == std::string::npos || !name.ends_with(".bin")) continue;
    found.emplace(find_chunk_files(entry.path()).size(), entry.path());
  }
  if (found.empty()) skip("files *_chunk1of*.bin in --contexts");
  std::vector<std::filesystem::path> files;
  for (const auto& [chunks, file] : found) files.push_back(file);
  return files;
}

std::optional<std::filesystem::path> embedding_beside(const std::filesystem::path& context) {
  const auto table = context.parent_path() / "embedding.f32";
  if (!std::filesystem::exists(table)) return {};
  return table;
}

const GraphMetadata& decode_graph(const LoadedContext& context) {
  return context.metadata().graphs[context.decode_graph()];
}

bool has_head_apart(const LoadedContext& last_chunk) {
  for (const TensorInfo& output : decode_graph(last_chunk).outputs) {
    if (output.name == "ln_out") return true;
  }
  return false;
}

bool takes_tokens(const std::filesystem::path& first_chunk) {
  const LoadedContext context(qnn_device(), first_chunk);
  for (const TensorInfo& info : decode_graph(context).inputs) {
    if (info.name == "token") return true;
  }
  return false;
}

ModelFiles files_of(const std::filesystem::path& first_chunk) {
  ModelFiles files = find_model_files(first_chunk);
  if (takes_tokens(first_chunk)) return files;
  if (const auto table = embedding_beside(first_chunk)) files.embedding = *table;
  return files;
}

std::vector<float> OpenModel::feed(std::uint32_t token) {
  session.decode(token);
  const auto logits = session.logits();
  return {logits.begin(), logits.end()};
}

}   // namespace rwkv::test
