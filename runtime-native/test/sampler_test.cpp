#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "float_lanes.hpp"
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

TEST("min-p leaves what is likely enough beside the likeliest") {
  SamplerOptions options;
  options.min_p = 0.5;
  const auto seen = frequencies(options, logits_of({0.1, 0.4, 0.25, 0.19, 0.06}));
  CHECK(near(seen[1], 0.4 / 0.65));
  CHECK(near(seen[2], 0.25 / 0.65));
  CHECK_EQUAL(seen[0] + seen[3] + seen[4], 0.0);
}

TEST("typical leaves what is as surprising as expected, which need not be the likeliest") {
  SamplerOptions options;
  options.typical_p = 0.5;
  // Surprises 0.51 and four times 2.3; 1.23 expected, which is 0.72 and 1.07 away.
  CHECK(frequencies(options, logits_of({0.6, 0.1, 0.1, 0.1, 0.1}), 100)[0] > 0.99);
  // Surprises 1.2 and seven times 2.3; 1.97 expected, which is 0.77 and 0.33 away. Five of the seven hold 0.5.
  const auto seen = frequencies(options, logits_of({0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}));
  CHECK_EQUAL(seen[0], 0.0);
  CHECK(near(seen[1], 0.2));
}

TEST("the limits agree with sorting the whole vocabulary, whatever its shape") {
  RandomSource random(5);
  for (const double spread : {0.01, 1.0, 8.0, 30.0}) {
    std::vector<float> logits(3001);
    for (float& logit : logits) logit = static_cast<float>(spread * random.uniform());
    std::vector<float> sorted = logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    double total = 0, held = 0;
    for (const float logit : sorted) total += std::exp(double{logit} - double{sorted[0]});
    std::size_t nucleus = 0;
    while (held < 0.9 * total) held += std::exp(double{sorted[nucleus++]} - double{sorted[0]});
    for (const std::size_t k : {std::size_t{1}, std::size_t{40}, std::size_t{0}}) {
      SamplerOptions options;
      options.top_k = k;
      options.top_p = 0.9;
      TokenSampler sampler(options);
      const std::size_t kept = k == 0 ? nucleus : std::min(k, nucleus);
      const float least = sorted[std::min(kept, sorted.size() - 1)];   // rounding may keep one more
      for (int i = 0; i < 500; ++i) CHECK(logits[sampler.sample(logits)] >= least);
    }
  }
}

TEST("a mask keeps tokens from being drawn, by every way of drawing") {
  const std::vector<float> logits = logits_of({0.7, 0.1, 0.1, 0.1});
  const std::vector<std::uint8_t> allowed{0, 1, 0};   // what is behind the mask's end is allowed
  for (const double temperature : {0.0, 1.0}) {
    for (const double top_p : {0.5, 1.0}) {
      SamplerOptions options;
      options.temperature = temperature;
      options.top_p = top_p;
      TokenSampler sampler(options);
      sampler.set_mask(allowed);
      for (int i = 0; i < 50; ++i) CHECK(sampler.sample(logits) % 2 == 1);
      sampler.set_mask({});
      bool first = false;
      for (int i = 0; i < 50; ++i) first = sampler.sample(logits) == 0 || first;
      CHECK(first);
    }
  }
}

TEST("the exponential is within 2e-7 of the real one, and 0 where that is no normal number") {
  for (float x = 0; x > -86.9f; x -= 0.00137f) {
    const double real = std::exp(double{x});
    CHECK(std::fabs(double{exp_of_negative(x)} - real) <= 2e-7 * real);
  }
  CHECK_EQUAL(exp_of_negative(-INFINITY), 0.0f);
  CHECK_EQUAL(exp_of_negative(-88.0f), 0.0f);
  CHECK_EQUAL(exp_of_negative(0.0f), 1.0f);
}

TEST("a seed draws these tokens, on every CPU") {
  std::vector<float> logits(5000);
  RandomSource random(9);
  for (float& logit : logits) logit = static_cast<float>(12 * random.uniform());
  SamplerOptions options;
  options.seed = 42;
  options.temperature = 1.3;
  const auto draw = [&] {
    TokenSampler sampler(options);
    std::string tokens;
    for (int i = 0; i < 4; ++i) tokens += std::to_string(sampler.sample(logits)) + " ";
    return tokens;
  };
  CHECK_EQUAL(draw(), "3598 791 1369 1675 ");
  options.top_p = 0.7;
  CHECK_EQUAL(draw(), "2009 1575 3594 843 ");
}

TEST("penalties make drawn tokens less likely, and decay") {
  SamplerOptions options;
  options.temperature = 0;
  options.penalties.presence = 1;
  options.penalties.frequency = 0.5;
  options.penalties.decay = 1;
  TokenSampler sampler(options);
  const std::vector<float> logits{3, 2, 0};
  CHECK_EQUAL(sampler.sample(logits), 0u);   // 3, 2, 0
  CHECK_EQUAL(sampler.sample(logits), 1u);   // 1.5, 2, 0
  CHECK_EQUAL(sampler.sample(logits), 0u);   // 1.5, 0.5, 0
  options.penalties.decay = 0;
  options.penalties.presence = 0;
  TokenSampler forgetful(options);
  for (int i = 0; i < 5; ++i) CHECK_EQUAL(forgetful.sample(logits), 0u);
}

TEST("NaN and minus infinity are never drawn when there is another token") {
  const std::vector<float> logits{NAN, -INFINITY, 1, NAN};
  TokenSampler sampler({});
  for (int i = 0; i < 100; ++i) CHECK_EQUAL(sampler.sample(logits), 2u);
  CHECK_EQUAL(sampler.sample(std::vector<float>{-INFINITY, NAN}), 0u);
}
