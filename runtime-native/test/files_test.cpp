#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "chunk_files.hpp"
#include "embedding_table.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "model_files.hpp"
#include "output_file.hpp"
#include "test_case.hpp"

using namespace rwkv;
using test::TemporaryFolder;

TEST("the other chunks are found beside the first, in order") {
  const TemporaryFolder folder;
  for (int i = 1; i <= 12; ++i) folder.write("my_chunk3_chunk" + std::to_string(i) + "of12.bin", "x");
  const auto files = find_chunk_files(folder.path() / "my_chunk3_chunk1of12.bin");
  CHECK_EQUAL(files.size(), 12u);
  CHECK_EQUAL(files[9].filename().string(), "my_chunk3_chunk10of12.bin");
}

TEST("a missing chunk is named") {
  const TemporaryFolder folder;
  const auto first = folder.write("m_chunk1of3.bin", "x");
  folder.write("m_chunk3of3.bin", "x");
  CHECK_THROWS("m_chunk2of3.bin: is missing: chunk 2 of 3", find_chunk_files(first));
  CHECK_THROWS("chunk1of4.bin: doesn't exist", find_chunk_files(folder.path() / "m_chunk1of4.bin"));
}

TEST("a later chunk is refused with the name of the first") {
  const TemporaryFolder folder;
  CHECK_THROWS("m_chunk1of3.bin", find_chunk_files(folder.write("m_chunk3of3.bin", "x")));
}

TEST("a head in a context of its own is found beside the first chunk") {
  const TemporaryFolder folder;
  const auto first = folder.write("m_chunk1of1.bin", "x");
  CHECK(!find_model_files(first).head);
  const auto head = folder.write("m_head.bin", "x");
  CHECK_EQUAL(find_model_files(first).head->name(), head.string());
}

TEST("a folder is the model whose chunks are in it, with what lies beside them") {
  const TemporaryFolder folder;
  CHECK_THROWS("has no first chunk", find_model_files(folder.path()));
  const auto first = folder.write("m_chunk1of2.bin", "x");
  folder.write("m_chunk2of2.bin", "x");
  CHECK_EQUAL(find_model_files(folder.path()).chunks.size(), 2u);
  CHECK(!find_model_files(folder.path()).embedding);
  folder.write("embedding.f32", "1234");
  CHECK(find_model_files(folder.path()).embedding);
  CHECK(!find_model_files(first).embedding);
  folder.write("other_chunk1of1.bin", "x");
  CHECK_THROWS("has several models: m_chunk1of2.bin, other_chunk1of1.bin", find_model_files(folder.path()));
}

TEST("a stretch of a file is mapped wherever it begins, and not beyond the file's end") {
  const TemporaryFolder folder;
  const auto file = folder.write("pack", std::string(5000, 'a') + "here" + std::string(5000, 'b'));
  const MappedFile range(FileRange(file, "part", 5000, 4));
  CHECK_EQUAL(range.text(), "here");
  CHECK_THROWS("pack:part: is truncated", MappedFile(FileRange(file, "part", 10000, 5)));
  CHECK_THROWS("pack:part: is truncated", MappedFile(FileRange(file, "part", 20000, 0)));
  CHECK_THROWS("pack:part: is truncated", MappedFile(FileRange(file, "part", 8, ~std::uint64_t{0})));
}

TEST("a file without a chunk number is a whole model") {
  const TemporaryFolder folder;
  for (const char* name : {"model.bin", "model_chunk2of1.bin", "model_chunkXofY.bin", "_chunk.bin"}) {
    CHECK_EQUAL(find_chunk_files(folder.write(name, "x")).size(), 1u);
  }
}

TEST("a file is replaced as a whole and leaves nothing else behind") {
  const TemporaryFolder folder;
  const auto file = folder.write("out.json", "old");
  write_output_file(file, std::string_view("new"));
  CHECK_EQUAL(test::read_text(file), "new");
  CHECK_EQUAL(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST("a file that can't be finished leaves the old one and says why") {
  const TemporaryFolder folder;
  const auto file = folder.write("out.bin", "old");
  struct rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string content(5000, 'x');
  std::string message;
  try {
    write_output_file(file, content);
  } catch (const Failure& failure) {
    message = failure.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(message.find("out.bin: can't be written: File too large") != std::string::npos);
  CHECK_EQUAL(test::read_text(file), "old");
  CHECK_EQUAL(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  CHECK_THROWS("can't be written: No such file or directory",
               write_output_file(folder.path() / "none" / "x", std::string_view("x")));
}

TEST("a file that is made in memory appears when it is kept, as long as it was said to be") {
  const TemporaryFolder folder;
  const auto file = folder.write("out.bin", "old");
  {
    MappedOutput output(file, 8192);
    std::memcpy(output.bytes().data(), "new content", 11);
    CHECK_EQUAL(test::read_text(file), "old");
    output.keep(3);
    CHECK_EQUAL(test::read_text(file), "new");
    CHECK_EQUAL(static_cast<char>(output.bytes()[2]), 'w');
  }
  CHECK_EQUAL(test::read_text(file), "new");
  CHECK_EQUAL(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST("a file that is made in memory and not kept, or has no room, leaves the old one") {
  const TemporaryFolder folder;
  const auto file = folder.write("out.bin", "old");
  {
    const MappedOutput output(file, 8192);
  }
  CHECK_THROWS("out.bin: can't be written: ", MappedOutput(file, std::size_t{1} << 50));
  CHECK_EQUAL(test::read_text(file), "old");
  CHECK_EQUAL(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  CHECK_THROWS("can't be written: No such file or directory", MappedOutput(folder.path() / "none" / "x", 1));
}

TEST("a folder or a missing file is no input") {
  const TemporaryFolder folder;
  CHECK_THROWS("can't be read: Is a directory", MappedFile{folder.path()});
  CHECK_THROWS("none: can't be read: No such file", MappedFile{folder.path() / "none"});
}

TEST("an embedding table has whole rows") {
  const TemporaryFolder folder;
  const EmbeddingTable table(folder.write("e.f32", std::string(3 * 4 * 5, '\0')), 5);
  CHECK_EQUAL(table.rows(), 3u);
  CHECK_EQUAL(table.row(2).size(), 5u);
  CHECK_THROWS("no whole rows of 7 float32", EmbeddingTable(folder.path() / "e.f32", 7));
}
