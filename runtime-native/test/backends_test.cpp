#include "chunk_files.hpp"
#include "emulator_model.hpp"
#include "failure.hpp"
#include "graph_source.hpp"
#include "model_files.hpp"
#include "qnn_folder.hpp"
#include "test_case.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

// The library of the first chunk of the model under --libraries.
std::filesystem::path first_library() {
  if (!test::surroundings().libraries) test::skip("--libraries");
  return find_model_files(*test::surroundings().libraries, Backend::cpu).chunks.front().file;
}

// The beginning of a shared library for some machine.
std::string elf_for(unsigned char machine) {
  std::string head(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  head.resize(64);
  head[16] = 3;
  head[18] = static_cast<char>(machine);
  return head;
}

}   // namespace

TEST("a folder's contexts are for the HTP and its libraries for other backends") {
  const TemporaryFolder folder;
  folder.write("libm_chunk1of1.so", "x");
  folder.write("libm_chunk1of1-prefill16.so", "x");
  const auto first = [&](Backend backend) {
    return find_model_files(folder.path(), backend).chunks.front().file.filename().string();
  };
  CHECK_EQUAL(first(Backend::htp), "libm_chunk1of1.so");
  folder.write("m_chunk1of1.bin", "x");
  CHECK_EQUAL(first(Backend::htp), "m_chunk1of1.bin");
  CHECK_EQUAL(first(Backend::gpu), "libm_chunk1of1.so");
  std::filesystem::remove(folder.path() / "libm_chunk1of1.so");
  CHECK_THROWS(
      "m_chunk1of1.bin: is a context binary, which only the HTP runs, not the CPU; give the model library of the "
      "chunk, libm_chunk1of1.so",
      first(Backend::cpu));
}

TEST("a chunk's library brings those of its prefill and its batch, of each kind one") {
  const TemporaryFolder folder;
  const auto library = folder.write("libm_chunk1of2.so", "x");
  for (const char* other : {"libm_chunk1of2-batch4.so", "libm_chunk1of2-prefill16.so", "libm_chunk2of2-prefill16.so",
                            "libm_chunk1of2-prefill.so", "libm_chunk1of2-prefill16.bin", "libm_chunk1of2-prefillx.so"})
    folder.write(other, "x");
  const auto files = find_graph_libraries(library);
  CHECK_EQUAL(files.size(), 3u);
  CHECK_EQUAL(files[1].filename().string() + " " + files[2].filename().string(),
              "libm_chunk1of2-prefill16.so libm_chunk1of2-batch4.so");
  folder.write("libm_chunk1of2-prefill64.so", "x");
  CHECK_THROWS("takes one: libm_chunk1of2-prefill16.so, libm_chunk1of2-prefill64.so", find_graph_libraries(library));
}

TEST("a library for another CPU is refused by the name of that, and a file that is none in the loader's words") {
  const TemporaryFolder folder;
  CHECK_THROWS("libm.so: is built for the Hexagon DSP, and this program runs on ",
               open_model_library(folder.write("libm.so", elf_for(164))));
  CHECK_THROWS("libn.so: is built for machine 8 of ELF's list",
               open_model_library(folder.write("libn.so", elf_for(8))));
  CHECK_THROWS("libo.so: the library can't be loaded: ", open_model_library(folder.write("libo.so", "no library")));
}

TEST("a library that is no model's is refused by the function that it lacks") {
  CHECK_THROWS("libQnnSystem.so: exports no function QnnModel_composeGraphs",
               (test::qnn_library(), open_model_library(*test::surroundings().qnn_libs / "libQnnSystem.so")));
}

TEST("a backend whose library isn't there is refused with the file that was looked for") {
  const TemporaryFolder folder;
  const std::string place = folder.path().string();
  CHECK_THROWS(place + "/libQnnCpu.so: the library can't be loaded: ", QnnLibrary(folder.path(), Backend::cpu));
  CHECK_THROWS("libQnnNone.so: is not found without --qnn-libs, ", find_qnn_folder("libQnnNone.so"));
  setenv("LD_LIBRARY_PATH", "/somewhere", 1);
  CHECK_THROWS("in LD_LIBRARY_PATH, which is /somewhere: ", find_qnn_folder("libQnnNone.so"));
  unsetenv("LD_LIBRARY_PATH");
  CHECK_THROWS("for LD_LIBRARY_PATH is not set: ", find_qnn_folder("libQnnNone.so"));
}

TEST("QNN's GPU backend for x86-64, which runs nothing, says so") {
  if (!htp_is_emulated) test::skip("x86-64");
  test::qnn_library();
  const QnnLibrary library(*test::surroundings().qnn_libs, Backend::gpu);
  CHECK_THROWS("starting the backend failed: QNN's GPU backend for x86-64 runs no models", QnnDevice(library, {}));
  CHECK_THROWS("SoC 57: is chosen for the HTP, but the model runs on the GPU", QnnDevice(library, 57));
}

TEST("model libraries on the HTP give the very logits of the contexts that were made of them") {
  const auto library = first_library();
  const std::size_t chunks = find_chunk_files(library).size();
  for (const auto& context : test::first_chunks()) {
    if (find_chunk_files(context).size() != chunks) continue;
    test::OpenModel compiled(context);
    const ContextMetadata& metadata = compiled.model.contexts().front()->metadata();
    const QnnDevice device(test::qnn_library(), metadata.soc_id);
    ModelFiles files = find_model_files(library);
    files.embedding = test::files_of(context).embedding;
    const RwkvModel model(device, files);
    RwkvSession session(model);
    CHECK_EQUAL(model.contexts().front()->metadata().htp_arch, metadata.htp_arch);
    for (const std::uint32_t token : {0u, 73u, 116u, 32u}) {
      session.decode(token);
      const auto expected = compiled.feed(token);
      const auto logits = session.logits();
      CHECK(std::equal(expected.begin(), expected.end(), logits.begin(), logits.end()));
    }
    return;
  }
  test::skip("contexts in as many chunks as the libraries");
}
