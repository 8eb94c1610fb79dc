#include <cmath>
#include <cstring>
#include <map>

#include "chunk_files.hpp"
#include "emulator_model.hpp"
#include "failure.hpp"
#include "logit_statistics.hpp"
#include "rwkv_session.hpp"
#include "test_case.hpp"
#include "value_codec.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

const std::vector<std::uint32_t> sentence{0, 73, 116, 32, 105, 115};

using Rows = std::vector<std::vector<float>>;

Rows feed_all(test::OpenModel& open) {
  Rows rows;
  for (const std::uint32_t token : sentence) rows.push_back(open.feed(token));
  return rows;
}

ModelFiles with_initial(const std::filesystem::path& first, const std::filesystem::path& state) {
  ModelFiles files = find_model_files(first);
  files.initial_state = state;
  return files;
}

// The plain way: every context has one set of buffers, and all states are copied back after every token.
class CopyingModel {
 public:
  explicit CopyingModel(const std::filesystem::path& first) {
    for (const auto& file : find_chunk_files(first))
      contexts_.push_back(std::make_unique<LoadedContext>(test::qnn_device(), file));
    if (test::has_head_apart(*contexts_.back()))
      contexts_.push_back(std::make_unique<LoadedContext>(test::qnn_device(), head_file_of(first)));
    for (const auto& context : contexts_) {
      for (const TensorInfo& info : test::decode_graph(*context).inputs) buffer(info).fill_unless_integer();
      for (const TensorInfo& info : test::decode_graph(*context).outputs) buffer(info);
    }
  }

  std::vector<float> feed(std::uint32_t token) {
    std::memcpy(buffers_.at("token").memory->data(), &token, sizeof token);
    for (const auto& context : contexts_) {
      TensorSet inputs(test::decode_graph(*context).inputs.size()),
          outputs(test::decode_graph(*context).outputs.size());
      for (const TensorInfo& info : test::decode_graph(*context).inputs)
        inputs.bind(info, qnn::TensorKind::app_write, data(info));
      for (const TensorInfo& info : test::decode_graph(*context).outputs)
        outputs.bind(info, qnn::TensorKind::app_read, data(info));
      context->execute(context->decode_graph(), inputs, outputs);
      for (auto& [name, out] : buffers_) {
        if (!name.ends_with("_out")) continue;
        const auto in = buffers_.find(name.substr(0, name.size() - 4) + "_in");
        if (in != buffers_.end() && !name.starts_with("state")) copy(out, in->second);
      }
    }
    for (auto& [name, out] : buffers_) {
      if (name.starts_with("state") && name.ends_with("_out"))
        copy(out, buffers_.at(name.substr(0, name.size() - 4) + "_in"));
    }
    const TensorBuffer& logits = *buffers_.at("logits").memory;
    std::vector<float> values(logits.info().elements());
    decode_values(logits.info(), logits.data(), values);
    return values;
  }

 private:
  struct Owned {
    std::unique_ptr<TensorBuffer> memory;
    void fill_unless_integer() {
      if (memory->info().type != qnn::DataType::int32) memory->fill_with_zero();
    }
  };

  Owned& buffer(const TensorInfo& info) {
    Owned& owned = buffers_[info.name];
    if (!owned.memory) owned.memory = std::make_unique<TensorBuffer>(info, memory_);
    return owned;
  }
  std::byte* data(const TensorInfo& info) { return buffer(info).memory->data(); }
  static void copy(const Owned& from, Owned& to) {
    if (!from.memory->info().has_layout_of(to.memory->info())) test::skip("contexts that agree on their types");
    std::memcpy(to.memory->data(), from.memory->data(), from.memory->info().bytes());
  }

  std::vector<std::unique_ptr<LoadedContext>> contexts_;
  TensorMemory memory_;
  std::map<std::string, Owned> buffers_;
};

}   // namespace

TEST("a session gives finite logits, and the same ones after a reset") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    const Rows rows = feed_all(open);
    for (const float logit : rows.back()) CHECK(std::isfinite(logit));
    CHECK(rows[0] != rows[1]);
    open.session.reset();
    CHECK_THROWS("no token has been fed", open.session.logits());
    CHECK(feed_all(open) == rows);
  }
}

TEST("probes are what one chunk hands to the next, and change nothing") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    test::OpenModel probed(test::files_of(first), ExtraOutputs::probed);
    std::size_t elements = 0, handed_on = 0;
    for (const Probe& probe : probed.session.probes()) {
      CHECK(probe.chunk >= 1 && probe.chunk <= probed.model.contexts().size());
      elements += probe.buffer->info().elements();
      if (probe.buffer->info().name == "hidden_out") ++handed_on;
    }
    CHECK_EQUAL(handed_on, find_chunk_files(first).size() - 1);
    CHECK(feed_all(probed) == feed_all(open));
    std::vector<float> values;
    probed.session.read_probes(values);
    probed.session.read_probes(values);
    CHECK_EQUAL(values.size(), 2 * elements);
    for (const float value : values) CHECK(std::isfinite(value));
  }
}

// What the wkv states of all chunks take together.
std::size_t state_elements(const std::filesystem::path& first) {
  std::size_t elements = 0;
  for (const auto& file : find_chunk_files(first)) {
    const LoadedContext context(test::qnn_device(), file);
    for (const TensorInfo& input : test::decode_graph(context).inputs) {
      if (input.name.ends_with("_wkv_in")) elements += input.elements();
    }
  }
  return elements;
}

TEST("an initial state is what the model starts from, and returns to") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    if (!test::takes_tokens(first)) continue;
    const std::size_t elements = state_elements(first);
    const auto file_of = [&](const char* name, float value) {
      const std::vector<float> values(elements, value);
      return folder.write(name, {reinterpret_cast<const char*>(values.data()), elements * sizeof(float)});
    };
    test::OpenModel open(first);
    const Rows from_zero = feed_all(open);
    test::OpenModel zeros(with_initial(first, file_of("zeros.f32", 0)));
    CHECK(feed_all(zeros) == from_zero);
    test::OpenModel none(with_initial(first, folder.write("empty.f32", "")));
    CHECK(feed_all(none) == from_zero);
    test::OpenModel tuned(with_initial(first, file_of("tuned.f32", 0.125f)));
    const Rows from_tuned = feed_all(tuned);
    CHECK(from_tuned != from_zero);
    tuned.session.reset();
    CHECK(feed_all(tuned) == from_tuned);
    CHECK_THROWS("the initial state that was exported with this model",
                 test::OpenModel(with_initial(first, folder.write("short.f32", "1234"))));
    return;
  }
  test::skip("a model that takes tokens");
}

TEST("the state matters: another past gives other logits for the same token") {
  test::OpenModel open(test::first_chunks().front());
  open.feed(1);
  const auto one = open.feed(65);
  open.session.reset();
  open.feed(2);
  CHECK(one != open.feed(65));
}

TEST("swapping the state buffers gives bit for bit what copying them gives") {
  bool ran = false;
  for (const auto& first : test::first_chunks()) {
    if (!test::takes_tokens(first)) continue;
    test::OpenModel open(first);
    CopyingModel copying(first);
    for (const std::uint32_t token : sentence) CHECK(copying.feed(token) == open.feed(token));
    ran = true;
  }
  if (!ran) test::skip("a model that takes tokens");
}

TEST("the number of chunks doesn't change a bit of the logits") {
  std::map<std::string, std::vector<std::filesystem::path>> models;
  for (const auto& first : test::first_chunks()) {
    const std::string name = first.filename().string();
    models[name.substr(0, name.rfind("_chunk"))].push_back(first);
  }
  bool compared = false;
  for (const auto& [name, files] : models) {
    Rows expected;
    for (const auto& first : files) {
      test::OpenModel open(first);
      const Rows rows = feed_all(open);
      if (!expected.empty()) {
        CHECK(rows == expected);
        compared = true;
      }
      expected = rows;
    }
  }
  if (!compared) test::skip("contexts of one model in two numbers of chunks");
}

TEST("blocks of a prompt and steps after it say what steps alone say, up to fp16's noise") {
  bool ran = false;
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    RwkvSession& session = open.session;
    const std::size_t block = open.model.prefill_tokens();
    if (block == 0) continue;
    std::vector<std::uint32_t> tokens;
    for (std::size_t i = 0; i < 2 * block + 3; ++i) tokens.push_back(sentence[i % sentence.size()]);
    Rows steps;
    for (const std::uint32_t token : tokens) steps.push_back(open.feed(token));
    session.reset();
    const std::span<const std::uint32_t> all(tokens);
    LogitComparison comparison;
    session.prefill(all.first(block));
    comparison.add(steps[block - 1], session.logits());
    session.prefill(all.subspan(block));   // another block, then three steps
    comparison.add(steps.back(), session.logits());
    CHECK_EQUAL(session.statistics().block_tokens, 2 * block);
    CHECK(comparison.kl_max() < 1e-3);
    ran = true;
  }
  if (!ran) test::skip("contexts with prefill graphs");
}

TEST("a token outside the vocabulary is refused and leaves the session usable") {
  test::OpenModel open(test::first_chunks().front());
  const std::size_t vocabulary = open.model.vocabulary();
  CHECK_THROWS("is outside the model's vocabulary of " + std::to_string(vocabulary),
               open.session.decode(static_cast<std::uint32_t>(vocabulary)));
  CHECK_EQUAL(open.feed(0).size(), vocabulary);
}

TEST("a chunk in another's place is refused with what doesn't fit") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    const auto files = find_chunk_files(first);
    if (files.size() < 2) continue;
    std::filesystem::copy_file(files[0], folder.path() / "m_chunk1of2.bin");
    CHECK_THROWS("m_chunk2of2.bin: is missing", find_model_files(folder.path() / "m_chunk1of2.bin"));
    std::filesystem::copy_file(files[0], folder.path() / "m_chunk2of2.bin");
    CHECK_THROWS("m_chunk2of2.bin: is the last chunk but has no output 'logits'",
                 test::OpenModel(find_model_files(folder.path() / "m_chunk1of2.bin")));
    std::filesystem::rename(folder.path() / "m_chunk1of2.bin", folder.path() / "alone.bin");
    CHECK_THROWS("alone.bin: is the last chunk but has no output 'logits'",
                 test::OpenModel(find_model_files(folder.path() / "alone.bin")));
    return;
  }
  test::skip("contexts of several chunks");
}

TEST("an embedding table that the model doesn't need is refused") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    if (!test::takes_tokens(first)) continue;
    ModelFiles files = find_model_files(first);
    files.embedding = folder.write("e.f32", "1234");
    CHECK_THROWS("leave out --embedding", RwkvModel(test::qnn_device(), files));
    return;
  }
  test::skip("a model that takes tokens");
}
