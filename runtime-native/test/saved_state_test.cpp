// States that outlive their session, and sessions that begin where another is.
#include <thread>

#include "emulator_model.hpp"
#include "failure.hpp"
#include "saved_state.hpp"
#include "sha256.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

const std::vector<std::uint32_t> beginning{0, 73, 116, 32};
const std::vector<std::uint32_t> continuation{105, 115, 32, 97};

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::byte byte : digest) {
    constexpr const char* digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::vector<std::vector<float>> go_on(RwkvSession& session) {
  std::vector<std::vector<float>> rows;
  for (const std::uint32_t token : continuation) {
    session.decode(token);
    const auto logits = session.logits();
    rows.emplace_back(logits.begin(), logits.end());
  }
  return rows;
}

std::vector<std::byte> small_state() {
  static const std::byte values[3] = {std::byte{1}, std::byte{2}, std::byte{3}};
  return write_saved_state({{{"state0_wkv_in", qnn::DataType::ufix8, {0.5f, -3}, values}}, {1.0f, 2.0f}});
}

}   // namespace

TEST("SHA-256 is that of the standard's examples, around a block's end too") {
  const auto of = [](const std::string& text) { return hex(sha256(std::as_bytes(std::span(text)))); };
  CHECK_EQUAL(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_EQUAL(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQUAL(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK_EQUAL(of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST("a saved state is read as it was written") {
  const auto bytes = small_state();
  const SavedState state = read_saved_state(bytes, "s");
  CHECK_EQUAL(state.tensors.size(), 1u);
  CHECK_EQUAL(state.tensors[0].name, "state0_wkv_in");
  CHECK(state.tensors[0].type == qnn::DataType::ufix8 && state.tensors[0].quantization == (Quantization{0.5f, -3}));
  CHECK(state.tensors[0].values.size() == 3 && state.tensors[0].values[2] == std::byte{3});
  CHECK(state.logits == (std::vector<float>{1.0f, 2.0f}));
}

TEST("a saved state with any byte changed, or any number of them missing, is refused") {
  const auto bytes = small_state();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x40};
    CHECK_THROWS("s: ", read_saved_state(damaged, "s"));
    CHECK_THROWS("s: ", read_saved_state(std::span(bytes).first(i), "s"));
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_THROWS("its digest is another", read_saved_state(longer, "s"));
  CHECK_THROWS("is no saved state", read_saved_state(std::as_bytes(std::span("RWKVSTATION", 7)), "s"));
}

TEST("a fork and a loaded state go on bit for bit, and the logits are there at once") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    open.session.prefill(beginning);
    const auto saved = open.session.save_state();
    const auto fork = open.session.fork();
    const auto here = open.session.logits();
    CHECK(std::ranges::equal(here, fork->logits()));
    const auto expected = go_on(open.session);
    CHECK(go_on(*fork) == expected);

    test::OpenModel other(first);
    other.session.decode(9);
    other.session.load_state(saved, "saved");
    CHECK(other.session.save_state() == saved);
    CHECK(go_on(other.session) == expected);
  }
}

TEST("a state of another model is refused and leaves the session as it was") {
  test::OpenModel open(test::first_chunks().front());
  open.session.decode(0);
  const auto before = open.session.save_state();
  CHECK_THROWS("saved: is of another model: it has 1 tensors", open.session.load_state(small_state(), "saved"));
  SavedState changed = read_saved_state(before, "s");
  changed.tensors.front().quantization.scale *= 2;
  CHECK_THROWS("is stored in another way", open.session.load_state(write_saved_state(changed), "saved"));
  changed.tensors.front().name = "state0_other_in";
  CHECK_THROWS("it has state0_other_in where", open.session.load_state(write_saved_state(changed), "saved"));
  CHECK(open.session.save_state() == before);
}

TEST("a cancelled run leaves the state after the last whole token") {
  test::OpenModel open(test::first_chunks().front());
  open.session.decode(0);
  const auto before = open.session.save_state();
  open.session.cancel();
  CHECK_THROWS("cancelled", open.session.decode(65));
  CHECK(open.session.save_state() == before);
  open.session.decode(65);   // once cancels one call

  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    open.session.cancel();
  });
  const std::vector<std::uint32_t> many(100'000, 66);   // hours, if nothing ended it
  CHECK_THROWS("cancelled", open.session.prefill(many));
  other.join();
}

TEST("sessions of one model run in several threads at once and say what each says alone") {
  test::OpenModel open(test::first_chunks().front());
  open.session.prefill(beginning);
  const auto fork = open.session.fork(), second = open.session.fork();
  const auto expected = go_on(open.session);
  std::vector<std::vector<float>> one, two;
  std::thread first([&] { one = go_on(*fork); }), other([&] { two = go_on(*second); });
  first.join();
  other.join();
  CHECK(one == expected);
  CHECK(two == expected);
}
