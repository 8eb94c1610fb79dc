#include <cstdlib>
#include <cstring>

#include "chunk_files.hpp"
#include "context_fit.hpp"
#include "context_metadata.hpp"
#include "emulator_model.hpp"
#include "failure.hpp"
#include "loaded_context.hpp"
#include "mapped_file.hpp"
#include "qnn_error.hpp"
#include "random_source.hpp"
#include "test_case.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

ContextMetadata read(const std::string& binary) {
  return read_context_metadata(test::qnn_library().system(), std::as_bytes(std::span(binary)), "damaged.bin");
}

}   // namespace

TEST("QNN's versions must be the known ones, and the message names the axis") {
  CHECK_THROWS("libQnnHtp.so: core API version is 2.41.0, but only 2.40 is known",
               require_qnn_version("libQnnHtp.so", "core API", {2, 41, 0}, qnn::core_version));
  CHECK_THROWS("system API version is 2.15.0",
               require_qnn_version("libQnnSystem.so", "system API", {2, 15, 0}, qnn::system_version));
  require_qnn_version("libQnnHtp.so", "HTP backend API", {5, 51, 9}, qnn::htp_version);
}

TEST("a folder without QNN's libraries is refused with what should be there") {
  const TemporaryFolder folder;
  CHECK_THROWS("--qnn-libs names the folder with libQnnSystem.so", QnnLibrary{folder.path()});
  folder.write("libQnnHtp.so", "not a library");
  CHECK_THROWS("libQnnHtp.so: the library can't be loaded", QnnLibrary{folder.path()});
}

TEST("another backend in HTP's place is refused") {
  const auto real = test::qnn_library().build_id();
  CHECK(!real.empty());
  const auto dlc_writer = *test::surroundings().qnn_libs / "libQnnIr.so";
  if (!std::filesystem::exists(dlc_writer)) test::skip("libQnnIr.so in --qnn-libs");
  const TemporaryFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(*test::surroundings().qnn_libs)) {
    std::filesystem::create_symlink(entry.path(), folder.path() / entry.path().filename());
  }
  std::filesystem::remove(folder.path() / "libQnnHtp.so");
  std::filesystem::create_symlink(dlc_writer, folder.path() / "libQnnHtp.so");
  CHECK_THROWS("not HTP (6)", QnnLibrary{folder.path()});
}

TEST("a context's description has its graphs, their tensors and the HTP's figures") {
  const auto first = test::first_chunks().front();
  const MappedFile file(first);
  const auto metadata = read_context_metadata(test::qnn_library().system(), file.bytes(), first.string());
  CHECK(!metadata.graphs.empty());
  CHECK(metadata.soc_id > 0);
  CHECK(metadata.htp_arch >= 68 && metadata.htp_arch < 200);
  CHECK_EQUAL(metadata.build_id, test::qnn_library().build_id());
  std::size_t for_one_token = 0;
  for (const GraphMetadata& graph : metadata.graphs) {
    if (graph.name == "rwkv_decode") ++for_one_token;
    CHECK(graph.inputs.size() >= 4 && graph.outputs.size() >= 4);
    CHECK(graph.memory.has_value());
    CHECK(graph.memory->vtcm_bytes >= 1024 * 1024);
    CHECK(graph.memory->constant_bytes > 0);
    CHECK(graph.memory->constant_bytes < metadata.binary_bytes);
  }
  CHECK_EQUAL(for_one_token, 1u);
}

TEST("a truncated context is refused, wherever it is cut") {
  const std::string whole = test::read_text(test::first_chunks().front());
  for (std::size_t part = 0; part < 64; ++part) {
    const std::size_t length = std::max<std::size_t>(1, whole.size() * part / 64);
    CHECK_THROWS("damaged.bin: is ", read(whole.substr(0, length)));
  }
}

TEST("bytes that are no context are refused") {
  test::qnn_library();
  RandomSource random(1);
  for (const std::size_t length : {1u, 7u, 64u, 4096u, 100000u}) {
    std::string noise;
    for (std::size_t i = 0; i < length; ++i) noise += static_cast<char>(random.next());
    CHECK_THROWS("damaged.bin: is not a context binary", read(noise));
    CHECK_THROWS("damaged.bin: is not a context binary", read(std::string(length, '\0')));
  }
}

TEST("a context's description with any byte changed is read or refused, and never followed out of the file") {
  const std::string whole = test::read_text(test::first_chunks().front());
  std::uint64_t description = 0;
  std::memcpy(&description, whole.data() + 16, sizeof description);
  const std::size_t end = 40 + static_cast<std::size_t>(description);
  // What the HTP loads is of no concern here, and copying it would take most of the time.
  std::string small = whole.substr(0, end) + "HTP.";
  const std::uint64_t place[2] = {end, 4};
  std::memcpy(small.data() + 24, place, sizeof place);
  CHECK_EQUAL(read(small).graphs.size(), read(whole).graphs.size());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < end; ++at) {
    for (const int value : {0, 1, 2, 0x7f, 0xff}) {
      std::string damaged = small;
      damaged[at] = static_cast<char>(value);
      try {
        read(damaged);
      } catch (const Failure& failure) {
        CHECK(std::string(failure.what()).starts_with("damaged.bin: "));
        ++refused;
      }
    }
  }
  CHECK(refused > end);
}

TEST("a context's part of another version is refused with both versions") {
  std::string other = test::read_text(test::first_chunks().front());
  other[0x3c] = 2;   // of the description
  CHECK_THROWS("has a part of version 2, but only 3 is known", read(other));
}

TEST("a truncated context can't be loaded either, and the message names the file") {
  const TemporaryFolder folder;
  const std::string whole = test::read_text(test::first_chunks().front());
  const auto cut = folder.write("cut.bin", whole.substr(0, whole.size() / 2));
  CHECK_THROWS("cut.bin: is not a context binary that QNN can read (damaged, truncated",
               LoadedContext(test::qnn_device(), cut));
  CHECK_THROWS("build the context again", LoadedContext(test::qnn_device(), cut));
}

TEST("a context for another SoC or by another QNN is refused with the axis, both sides and the next command") {
  ContextMetadata context;
  context.core_api = qnn::core_version;
  context.backend_api = qnn::htp_version;
  context.build_id = "v2.51";
  context.soc_id = 69;
  context.htp_arch = 79;
  LoadingPlace here{qnn::core_version, qnn::htp_version, find_soc("SM8750-AC")};
  require_fit(context, here, "m.bin");
  here.soc = find_soc("SM8650");
  CHECK_THROWS(
      "m.bin: was built for another SoC: for SM8750 (HTP v79), and this is SM8650 (HTP v75); build it for "
      "this one: rwkv-build context --soc SM8650",
      require_fit(context, here, "m.bin"));
  here.soc = find_soc("");   // nobody knows
  require_fit(context, here, "m.bin");
  context.core_api.minor -= 2;
  CHECK_THROWS(
      "m.bin: was built for another QNN version: its core API is 2.38.0 (compiled by QNN v2.51), that of the "
      "libraries here 2.40.0; build it again with these libraries: rwkv-build context",
      require_fit(context, here, "m.bin"));
  context.core_api = qnn::core_version;
  context.backend_api.minor += 1;
  CHECK_THROWS("its HTP backend API is 5.52.0", require_fit(context, here, "m.bin"));
}

TEST("a context by another QNN version is not loaded") {
  const TemporaryFolder folder;
  std::string other = test::read_text(test::first_chunks().front());
  other[0x80] = 39;   // the minor version of the core API
  CHECK_THROWS("other.bin: was built for another QNN version: its core API is 2.39.0",
               LoadedContext(test::qnn_device(), folder.write("other.bin", other)));
}

TEST("every pattern of the table of errors is one that this compiler's library understands") {
  const auto words = explain_qnn_error(0, {"a line that no pattern fits"});
  CHECK(!words.has_value());
  CHECK(!explain_qnn_error(6999, {}).has_value());
}

TEST("what QNN logged tells more than its number, and names the operation") {
  const std::vector<std::string> log{"The SocModel doesn't support FP16",
                                     "Failed to validate op proj with error 0xc26"};
  const auto words = explain_qnn_error(1002, log);
  CHECK(words.has_value());
  CHECK_EQUAL(words->cause,
              "the HTP of this SoC cannot compute in fp16, and the graph has float operations (operation `proj`)");
  CHECK_EQUAL(words->line, log[0]);
  const auto large = explain_qnn_error(
      1002,
      {"fa_alloc.cc:2738::ERROR:graph requires estimated allocation of 4383384 KB, limit is 3670016 KB", "err 1002"});
  CHECK(large.has_value());
  CHECK(large->cause.find("needs 4383384 KB") != std::string::npos);
  CHECK(large->cause.find("allows one graph 3670016 KB") != std::string::npos);
}

TEST("QNN's error numbers become words with a next step") {
  CHECK_THROWS("model.bin: loading failed: QNN does not have this on this platform (QNN error 1000)",
               check_qnn(1000, "model.bin", "loading"));
  CHECK_THROWS("take a SoC with fp16, or the precision a16w8", check_qnn(3110, "model.dlc", "composing"));
  CHECK_THROWS("run again with --verbose", check_qnn(6999, "model.dlc", "composing"));
  check_qnn(0, "model.dlc", "composing");
}
