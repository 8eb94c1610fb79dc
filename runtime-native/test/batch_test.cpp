// Several sequences at once, and heads in contexts of their own.
#include "chunk_files.hpp"
#include "emulator_model.hpp"
#include "logit_statistics.hpp"
#include "rwkv_batch.hpp"
#include "test_case.hpp"

using namespace rwkv;
using test::TemporaryFolder;

namespace {

const std::vector<std::uint32_t> sentence{0, 73, 116, 32, 105, 115};

using Rows = std::vector<std::vector<float>>;

}   // namespace

TEST("sequences go on from the states that were put there, and get at once what each gets alone") {
  bool ran = false;
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    if (open.model.sequences() == 0) continue;
    RwkvBatch batch(open.model);
    const std::vector<std::uint32_t> next{1, 105, 116};
    std::vector<Rows> alone;
    for (std::size_t i = 0; i < batch.sequences(); ++i) {
      open.session.reset();
      open.session.prefill(std::span(sentence).first(1 + i % sentence.size()));
      batch.put_state(i, open.session);
      Rows rows;
      for (const std::uint32_t token : next) rows.push_back(open.feed(token + static_cast<std::uint32_t>(i)));
      alone.push_back(rows);
    }
    LogitComparison comparison;
    std::vector<std::uint32_t> tokens(batch.sequences());
    const std::size_t vocabulary = open.model.vocabulary();
    for (std::size_t step = 0; step < next.size(); ++step) {
      for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = next[step] + static_cast<std::uint32_t>(i);
      batch.decode(tokens);
      const auto all = batch.logits();
      CHECK_EQUAL(all.size(), tokens.size() * vocabulary);
      for (std::size_t i = 0; i < tokens.size(); ++i)
        comparison.add(alone[i][step], all.subspan(i * vocabulary, vocabulary));
    }
    CHECK(comparison.kl_max() < 1e-3);
    CHECK(comparison.top1_agreement() > 0.9);
    ran = true;
  }
  if (!ran) test::skip("contexts with graphs for several sequences");
}

TEST("a sequence that is taken out of a batch goes on alone") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    if (open.model.sequences() == 0) continue;
    RwkvBatch batch(open.model);
    open.session.prefill(sentence);
    batch.put_state(1, open.session);
    const auto expected = open.feed(66);
    open.session.reset();
    batch.take_state(1, open.session);
    CHECK_THROWS("no token has been fed", open.session.logits());
    CHECK(open.feed(66) == expected);
    return;
  }
  test::skip("contexts with graphs for several sequences");
}

TEST("what is not one token for each sequence is refused, as is a model without sequences") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    if (open.model.sequences() == 0) {
      CHECK_THROWS("has no graph for several sequences", RwkvBatch(open.model));
      continue;
    }
    RwkvBatch batch(open.model);
    const std::vector<std::uint32_t> tokens(batch.sequences() + 1, 1);
    CHECK_THROWS("are not one for each of the " + std::to_string(batch.sequences()) + " sequences",
                 batch.decode(tokens));
    CHECK_THROWS("is not there", batch.put_state(batch.sequences(), open.session));
  }
}

TEST("a head that is missing, or no head, is refused") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    const auto files = find_chunk_files(first);
    const LoadedContext last(test::qnn_device(), files.back());
    if (!test::has_head_apart(last)) continue;
    const auto own = [&](const std::filesystem::path& file) { return folder.path() / file.filename(); };
    ModelFiles moved = test::files_of(first);
    moved.head.reset();
    CHECK_THROWS("_head.bin: is missing", RwkvModel(test::qnn_device(), moved));
    std::filesystem::copy_file(first, own(head_file_of(first)));
    moved.head = own(head_file_of(first));
    CHECK_THROWS("_head.bin: ", RwkvModel(test::qnn_device(), moved));
    return;
  }
  test::skip("a head in a context of its own");
}
