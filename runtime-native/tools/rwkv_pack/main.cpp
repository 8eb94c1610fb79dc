// rwkv-pack: a model's contexts and what they need in one file, and what is in such a file.
#include <cstdio>

#include "argument_parser.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "model_files.hpp"
#include "model_pack.hpp"
#include "tokenizer.hpp"
#include "tool_main.hpp"

namespace rwkv {
namespace {

constexpr const char* examples =
    R"(rwkv-pack --model out/mine/a16w8/SM8650 --tokenizer world:rwkv_vocab_v20230424.txt --output mine.rwkvpack
rwkv-pack --verify mine.rwkvpack

Puts a model's contexts, its tokenizer and its tables into one file, which rwkv-run and librwkv_qnn open as they do a
folder. The same files make the same pack, to the byte.

)";

const std::vector<OptionDescription> options{
    {"--model", "PATH", "the folder of the contexts, or the first of them, MODEL_chunk1ofN.bin"},
    {"--tokenizer", "NAME", "byte, abc, midi, or world:FILE with the vocabulary's file"},
    {"--embedding", "FILE", "the float32 table of a model whose embedding is outside of the graph"},
    {"--initial-state", "FILE", "what the model's heads start from, float32"},
    {"--config", "FILE", "the figures of the weights, as JSON; default: config.json of the model's folder"},
    {"--output", "FILE", "the pack"},
    {"--verify", "PACK", "read a whole pack instead, check its digests and list its parts"},
    {"--help", "", "show this"},
    {"--version", "", "show the version"},
};

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::byte byte : digest) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

void list_parts(const std::filesystem::path& pack) {
  for (const PackPart& part : read_model_pack(pack)) {
    const MappedFile checked(part.content);
    std::printf("%s  %12zu  %s\n", hex(*part.content.digest).c_str(), checked.bytes().size(), part.name.c_str());
  }
}

void add_tokenizer(std::vector<PackSource>& sources, const std::string& name) {
  static_cast<void>(open_tokenizer(name));   // so that a wrong name or a damaged vocabulary is found now
  const auto colon = name.find(':');
  sources.push_back({"tokenizer.txt", name.substr(0, colon) + "\n"});
  if (colon != std::string::npos) sources.push_back({"vocabulary.txt", FileRange(name.substr(colon + 1))});
}

std::vector<PackSource> sources_of(const Arguments& arguments) {
  ModelFiles files = find_model_files(arguments.required_text("--model"));
  if (const auto file = arguments.text("--embedding")) files.embedding = std::filesystem::path(*file);
  if (const auto file = arguments.text("--initial-state")) files.initial_state = std::filesystem::path(*file);
  if (const auto file = arguments.text("--config")) files.config = std::filesystem::path(*file);
  std::vector<PackSource> sources;
  if (files.config) sources.push_back({"config.json", *files.config});
  for (const FileRange& chunk : files.chunks) sources.push_back({chunk.file.filename().string(), chunk});
  if (files.head) sources.push_back({files.head->file.filename().string(), *files.head});
  if (files.embedding) sources.push_back({"embedding.f32", *files.embedding});
  // An empty one is that of a model that starts from zeros.
  if (files.initial_state && std::filesystem::file_size(files.initial_state->file) > 0)
    sources.push_back({"initial-state.f32", *files.initial_state});
  if (const auto name = arguments.text("--tokenizer")) {
    add_tokenizer(sources, *name);
  } else if (!files.tokenizer.empty()) {
    sources.push_back({"tokenizer.txt", files.tokenizer + "\n"});
    if (files.vocabulary) sources.push_back({"vocabulary.txt", *files.vocabulary});
  }
  return sources;
}

int pack(int count, char** words) {
  const Arguments arguments(options, count, words);
  if (arguments.has("--help")) {
    std::printf("%s%s", examples, format_options(options).c_str());
    return exit_ok;
  }
  if (arguments.has("--version")) {
    std::printf("rwkv-pack %s\n", program_version);
    return exit_ok;
  }
  if (const auto file = arguments.text("--verify")) {
    list_parts(*file);
    return exit_ok;
  }
  const std::string output = arguments.required_text("--output");
  write_model_pack(output, sources_of(arguments));
  list_parts(output);
  return exit_ok;
}

}   // namespace
}   // namespace rwkv

int main(int count, char** words) { return rwkv::run_tool("rwkv-pack", rwkv::pack, count, words); }
