#include <cstring>

#include "emulator_model.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "model_pack.hpp"
#include "output_file.hpp"
#include "test_case.hpp"
#include "tokenizer.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

std::string text_of(const FileRange& range) {
  const MappedFile mapped(range);
  return std::string(mapped.text());
}

std::filesystem::path small_pack(const TemporaryFolder& folder, const std::string& name) {
  const auto file = folder.path() / name;
  write_model_pack(file, {{"m_chunk2of2.bin", FileRange(folder.write("two", "second"))},
                          {"m_chunk1of2.bin", FileRange(folder.write("one", std::string(5000, '1')))},
                          {"tokenizer.txt", std::string("byte\n")}});
  return file;
}

}   // namespace

TEST("a pack has its parts aligned and in order, and the same parts make the same file") {
  const TemporaryFolder folder;
  const auto file = small_pack(folder, "m.rwkvpack");
  const auto parts = read_model_pack(file);
  CHECK_EQUAL(parts.size(), 3u);
  CHECK_EQUAL(parts[0].name, "m_chunk1of2.bin");
  CHECK_EQUAL(text_of(parts[1].content), "second");
  for (const PackPart& part : parts) CHECK_EQUAL(part.content.offset % 4096, 0u);
  CHECK(test::read_text(file) == test::read_text(small_pack(folder, "again.rwkvpack")));
}

TEST("a pack is a model's files, with its tokenizer") {
  const TemporaryFolder folder;
  const ModelFiles files = find_model_files(small_pack(folder, "m.rwkvpack"));
  CHECK_EQUAL(files.chunks.size(), 2u);
  CHECK_EQUAL(text_of(files.chunks[1]), "second");
  CHECK_EQUAL(files.chunks[1].name(), (folder.path() / "m.rwkvpack").string() + ":m_chunk2of2.bin");
  CHECK_EQUAL(open_tokenizer(files)->encode("A").front(), 65u);
  const auto part = folder.path() / "part.rwkvpack";
  write_model_pack(part, {{"m_chunk2of2.bin", FileRange(folder.path() / "two")}});
  CHECK_THROWS("has 1 of the 2 chunks", find_model_files(part));
  CHECK_THROWS("is there twice", write_model_pack(part, {{"a", std::string("1")}, {"a", std::string("2")}}));
}

TEST("any damage to a pack is found before anything uses it") {
  const TemporaryFolder folder;
  const std::string whole = test::read_text(small_pack(folder, "m.rwkvpack"));
  const auto use = [&](const std::string& content) {
    const auto file = folder.write("damaged.rwkvpack", content);
    for (const PackPart& part : read_model_pack(file)) text_of(part.content);
  };
  use(whole);
  const auto parts = read_model_pack(folder.path() / "m.rwkvpack");
  std::size_t index = 8 + 4 + 4 + sizeof(Digest);
  for (const PackPart& part : parts) index += 4 + part.name.size() + 8 + 8 + sizeof(Digest);
  for (std::size_t i = 0; i < whole.size(); i += i < index ? 1 : 97) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    bool is_padding = i >= index;
    for (const PackPart& part : parts)
      is_padding = is_padding && (i < part.content.offset || i >= part.content.offset + *part.content.bytes);
    if (is_padding) continue;
    CHECK_THROWS("damaged.rwkvpack", use(damaged));
    CHECK_THROWS("damaged.rwkvpack", use(whole.substr(0, i)));
  }
}

TEST("a model gives the same logits from its pack as from its files") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    const ModelFiles files = test::files_of(first);
    std::vector<PackSource> parts;
    for (const FileRange& chunk : files.chunks) parts.push_back({chunk.file.filename().string(), chunk});
    if (files.head) parts.push_back({files.head->file.filename().string(), *files.head});
    if (files.embedding) parts.push_back({"embedding.f32", *files.embedding});
    const auto pack = folder.path() / "model.rwkvpack";
    write_model_pack(pack, parts);
    test::OpenModel plain(files), packed(find_model_files(pack));
    CHECK(packed.feed(65) == plain.feed(65));
    return;
  }
}
