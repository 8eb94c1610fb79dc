#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "test_case.hpp"
#include "token_sampler.hpp"

using namespace rwkv;

namespace {

std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

std::vector<double> frequencies(const SamplerOptions& options, const std::vector<float>& logits, int draws = 20000) {
  TokenSampler sampler(options);
  std::vector<double> counts(logits.size(), 0);
  for (int i = 0; i < draws; ++i) counts[sampler.sample(logits)] += 1.0 / draws;
  return counts;
}

// Four standard deviations of a frequency of 0.5 in 20000 draws.
bool near(double got, double expected) { return std::fabs(got - expected) < 0.0142; }

}   // namespace

TEST("tokens are drawn as often as their probability says") {
  const auto seen = frequencies({}, logits_of({0.5, 0.3, 0.15, 0.05}));
  CHECK(near(seen[0], 0.5));
  CHECK(near(seen[1], 0.3));
  CHECK(near(seen[2], 0.15));
  CHECK(near(seen[3], 0.05));
}

TEST("the same seed gives the same tokens and another seed others") {
  const auto logits = logits_of(std::vector<double>(100, 0.01));
  const auto draw = [&](std::uint64_t seed) {
    SamplerOptions options;
    options.seed = seed;
    TokenSampler sampler(options);
    std::vector<std::uint32_t> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(sampler.sample(logits));
    sampler.reset();
    CHECK_EQUAL(sampler.sample(logits), tokens[0]);
    return tokens;
  };
  CHECK(draw(7) == draw(7));
  CHECK(draw(7) != draw(8));
}

TEST("the random numbers are SplitMix64's, on every platform") {
  RandomSource random(1234567);
  CHECK_EQUAL(random.next(), 6457827717110365317u);
  CHECK_EQUAL(random.next(), 3203168211198807973u);
}

TEST("temperature 0 takes the likeliest token, the lowest of equals") {
  SamplerOptions options;
  options.temperature = 0;
  TokenSampler sampler(options);
  CHECK_EQUAL(sampler.sample(std::vector<float>{1, 3, 2}), 1u);
  CHECK_EQUAL(sampler.sample(std::vector<float>{1, 3, 3}), 1u);
}

TEST("a low temperature sharpens and a high one flattens") {
  SamplerOptions options;
  options.temperature = 0.5;
  CHECK(near(frequencies(options, logits_of({0.75, 0.25}))[0], 0.9));
  options.temperature = 2;
  CHECK(near(frequencies(options, logits_of({0.9, 0.1}))[0], 0.75));
}

TEST("top-k leaves the k likeliest in their proportions") {
  SamplerOptions options;
  options.top_k = 2;
  const auto seen = frequencies(options, logits_of({0.1, 0.4, 0.2, 0.3}));
  CHECK_EQUAL(seen[0], 0.0);
  CHECK_EQUAL(seen[2], 0.0);
  CHECK(near(seen[1], 4.0 / 7));
}

TEST("top-p leaves the likeliest tokens that hold that much") {
  SamplerOptions options;
  options.top_p = 0.6;
  const auto seen = frequencies(options, logits_of({0.1, 0.5, 0.2, 0.2}));
  CHECK_EQUAL(seen[0], 0.0);
  CHECK(near(seen[1], 5.0 / 7));
  CHECK(near(seen[2], 2.0 / 7));   // of the two equal ones the lower token
  CHECK_EQUAL(seen[3], 0.0);
  options.top_p = 0;
  CHECK(frequencies(options, logits_of({0.1, 0.9}), 100)[1] > 0.99);
}

TEST("the cut-offs agree with sorting everything") {
  RandomSource random(5);
  std::vector<float> logits(1000);
  for (float& logit : logits) logit = static_cast<float>(8 * random.uniform());
  std::vector<float> sorted = logits;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  SamplerOptions options;
  options.top_k = 40;
  TokenSampler sampler(options);
  for (int i = 0; i < 2000; ++i) CHECK(logits[sampler.sample(logits)] >= sorted[39]);
}

TEST("penalties make drawn tokens less likely, and decay") {
  SamplerOptions options;
  options.temperature = 0;
  options.presence_penalty = 1;
  options.frequency_penalty = 0.5;
  options.penalty_decay = 1;
  TokenSampler sampler(options);
  const std::vector<float> logits{3, 2, 0};
  CHECK_EQUAL(sampler.sample(logits), 0u);   // 3, 2, 0
  CHECK_EQUAL(sampler.sample(logits), 1u);   // 1.5, 2, 0
  CHECK_EQUAL(sampler.sample(logits), 0u);   // 1.5, 0.5, 0
  options.penalty_decay = 0;
  options.presence_penalty = 0;
  TokenSampler forgetful(options);
  for (int i = 0; i < 5; ++i) CHECK_EQUAL(forgetful.sample(logits), 0u);
}

TEST("NaN and minus infinity are never drawn when there is another token") {
  const std::vector<float> logits{NAN, -INFINITY, 1, NAN};
  TokenSampler sampler({});
  for (int i = 0; i < 100; ++i) CHECK_EQUAL(sampler.sample(logits), 2u);
  CHECK_EQUAL(sampler.sample(std::vector<float>{-INFINITY, NAN}), 0u);
}
