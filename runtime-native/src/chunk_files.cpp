#include "chunk_files.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "failure.hpp"

namespace rwkv {
namespace {

std::optional<unsigned> to_number(std::string_view digits) {
  unsigned number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (result.ec != std::errc{} || result.ptr != digits.data() + digits.size() || number == 0) return {};
  return number;
}

}   // namespace

std::string ChunkName::file_of(unsigned other) const {
  return stem + "_chunk" + std::to_string(other) + "of" + std::to_string(chunks) + extension;
}

std::optional<ChunkName> parse_chunk_name(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  const auto mark = stem.rfind("_chunk");
  if (mark == std::string::npos) return {};
  const std::string_view numbers = std::string_view(stem).substr(mark + 6);
  const auto of = numbers.find("of");
  if (of == std::string_view::npos) return {};
  const auto chunk = to_number(numbers.substr(0, of));
  const auto chunks = to_number(numbers.substr(of + 2));
  if (!chunk || !chunks || *chunk > *chunks) return {};
  return ChunkName{stem.substr(0, mark), *chunk, *chunks, file.extension().string()};
}

std::vector<std::filesystem::path> find_chunk_files(const std::filesystem::path& first) {
  const auto name = parse_chunk_name(first);
  std::vector<std::filesystem::path> files;
  if (!name) {
    files.push_back(first);
  } else {
    if (name->chunk != 1) {
      throw Failure(FailureKind::argument, first.string(),
                    "is chunk " + std::to_string(name->chunk) + ", not the first",
                    "give " + (first.parent_path() / name->file_of(1)).string());
    }
    for (unsigned i = 1; i <= name->chunks; ++i) files.push_back(first.parent_path() / name->file_of(i));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code ignored;
    if (std::filesystem::exists(files[i], ignored)) continue;
    throw Failure(
        FailureKind::file, files[i].string(),
        i == 0 ? "doesn't exist" : "is missing: chunk " + std::to_string(i + 1) + " of " + std::to_string(files.size()),
        i == 0 ? "check the path of the context" : "put all chunks into one folder, or build the missing one");
  }
  return files;
}

bool is_model_library(const std::filesystem::path& file) { return file.extension() == ".so"; }

std::vector<std::filesystem::path> find_graph_libraries(const std::filesystem::path& library) {
  std::vector<std::filesystem::path> files{library};
  const auto absolute = std::filesystem::absolute(library);
  for (const std::string kind : {"-prefill", "-batch"}) {
    std::vector<std::filesystem::path> found;
    const std::string start = library.stem().string() + kind;
    for (const auto& entry : std::filesystem::directory_iterator(absolute.parent_path())) {
      const std::string name = entry.path().stem().string();
      if (name.starts_with(start) && is_model_library(entry.path()) &&
          to_number(std::string_view(name).substr(start.size())))
        found.push_back(library.parent_path() / entry.path().filename());
    }
    if (found.size() > 1) {
      throw Failure(FailureKind::argument, library.string(),
                    "has several libraries " + kind +
                        "N.so beside it, and takes one: " + std::min(found[0], found[1]).filename().string() + ", " +
                        std::max(found[0], found[1]).filename().string(),
                    "leave one of them in the folder");
    }
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::string library_name_for(const std::filesystem::path& binary) { return "lib" + binary.stem().string() + ".so"; }

std::filesystem::path head_file_of(const std::filesystem::path& first) {
  const auto name = parse_chunk_name(first);
  return first.parent_path() / (name ? name->stem + "_head" + name->extension : "head.bin");
}

}   // namespace rwkv
