#include <cmath>
#include <string>

#include "allocation_counter.hpp"
#include "emulator_model.hpp"
#include "test_case.hpp"
#include "text_stream.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

using namespace rwkv;
using test::AllocationCounter;

namespace {

// Longer pieces than a std::string holds without an allocation, each with a character that the next one completes.
class LongPieces : public Tokenizer {
 public:
  std::vector<std::uint32_t> encode(std::string_view) const override { return {}; }
  std::string_view bytes_of(std::uint32_t token) const override {
    return std::string_view(text_).substr(0, text_.size() - token % 3);
  }

 private:
  std::string text_ = "\xAC and so it went on and on until the very end \xE2\x82";
};

SamplerOptions with_everything() {
  SamplerOptions options;
  options.top_p = 0.5;
  options.top_k = 500;
  options.min_p = 0.001;
  options.typical_p = 0.9;
  options.penalties = {0.3, 0.3, 0.996};
  return options;
}

}   // namespace

TEST("the counter sees what the library allocates") {
  const AllocationCounter counter;
  const std::vector<int> one(3);
  const std::string other(100, 'x');
  CHECK(one.size() + other.size() == 103);
  CHECK_EQUAL(counter.count(), 2u);
}

TEST("drawing a token and giving its text allocates nothing once both are warm") {
  const LongPieces tokenizer;
  TextStream stream(tokenizer, {"never", "\n\nUser:"});
  TokenSampler sampler(with_everything());
  std::vector<float> logits(65536);
  const auto step = [&](std::size_t round) {
    for (std::size_t i = 0; i < logits.size(); ++i)
      logits[i] = -1.5f * std::log(static_cast<float>((i * 40503 + round * 7919) % 65536 + 1));
    stream.push(sampler.sample(logits));
  };
  for (std::size_t i = 0; i < 8; ++i) step(i);
  const AllocationCounter counter;
  for (std::size_t i = 8; i < 108; ++i) step(i);
  CHECK_EQUAL(counter.count(), 0u);
}

TEST("a token of a model allocates nothing outside of QNN: decoding, logits, sampling, text") {
  for (const auto& first : test::first_chunks()) {
    test::OpenModel open(first);
    const auto tokenizer = open_tokenizer("byte");
    TextStream stream(*tokenizer, {"\n\nUser:"});
    TokenSampler sampler(with_everything());
    std::uint32_t token = 0;
    const auto step = [&] {
      open.session.decode(token);
      token = sampler.sample(open.session.logits());
      stream.push(token);
    };
    for (int i = 0; i < 4; ++i) step();
    const AllocationCounter counter;
    for (int i = 0; i < 8; ++i) step();
    CHECK_EQUAL(counter.count(), 0u);
  }
}
