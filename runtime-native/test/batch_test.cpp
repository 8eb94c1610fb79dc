// Several sequences at once, and heads in contexts of their own.
#include "chunk_files.hpp"
#include "emulator_model.hpp"
#include "logit_statistics.hpp"
#include "rwkv_session.hpp"
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
    RwkvSession session(test::htp_device(), first, test::table_of(first));
    if (session.sequences() == 0) continue;
    const std::vector<std::uint32_t> next{1, 105, 116};
    std::vector<Rows> alone;
    for (std::size_t i = 0; i < session.sequences(); ++i) {
      session.reset_fed();
      session.feed_all(std::span(sentence).first(1 + i % sentence.size()));
      session.put_state(i);
      Rows rows;
      for (const std::uint32_t token : next) {
        const auto logits = session.feed(token + static_cast<std::uint32_t>(i));
        rows.emplace_back(logits.begin(), logits.end());
      }
      alone.push_back(rows);
    }
    LogitComparison comparison;
    std::vector<std::uint32_t> tokens(session.sequences());
    for (std::size_t step = 0; step < next.size(); ++step) {
      for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = next[step] + static_cast<std::uint32_t>(i);
      const auto all = session.feed_batch(tokens);
      CHECK_EQUAL(all.size(), tokens.size() * session.vocabulary());
      for (std::size_t i = 0; i < tokens.size(); ++i)
        comparison.add(alone[i][step], all.subspan(i * session.vocabulary(), session.vocabulary()));
    }
    CHECK(comparison.kl_max() < 1e-3);
    CHECK(comparison.top1_agreement() > 0.9);
    ran = true;
  }
  if (!ran) test::skip("contexts with graphs for several sequences");
}

TEST("tokens that are not one for each sequence are refused") {
  RwkvSession session(test::htp_device(), test::first_chunks().front(), test::table_of(test::first_chunks().front()));
  const std::vector<std::uint32_t> tokens(session.sequences() + 1, 1);
  CHECK_THROWS("are not one for each of the " + std::to_string(session.sequences()) + " sequences",
               session.feed_batch(tokens));
  CHECK_THROWS("is not there", session.put_state(session.sequences()));
}

TEST("a head that is missing, or no head, is refused") {
  const TemporaryFolder folder;
  for (const auto& first : test::first_chunks()) {
    const auto files = find_chunk_files(first);
    const HtpContext last(test::htp_device(), files.back());
    if (!test::has_head_apart(last)) continue;
    const auto own = [&](const std::filesystem::path& file) { return folder.path() / file.filename(); };
    for (const auto& file : files) std::filesystem::copy_file(file, own(file));
    const auto table = test::table_of(first);
    CHECK_THROWS("_head.bin: is missing", RwkvSession(test::htp_device(), own(first), table));
    std::filesystem::copy_file(first, own(find_head_file(first)));
    CHECK_THROWS("_head.bin: ", RwkvSession(test::htp_device(), own(first), table));
    return;
  }
  test::skip("a head in a context of its own");
}
