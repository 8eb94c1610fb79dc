#include <cmath>

#include "logit_statistics.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

bool near(double got, double expected) { return std::fabs(got - expected) < 1e-12; }

}   // namespace

TEST("a uniform prediction has the vocabulary's size as perplexity") {
  TextScore score;
  const std::vector<float> logits(8, 100.0f);
  for (std::uint32_t token = 0; token < 8; ++token) score.add(logits, token);
  CHECK(near(score.perplexity(), 8));
  CHECK_EQUAL(score.tokens(), 8u);
}

TEST("the divergence of a distribution from itself is 0, and else positive") {
  const std::vector<float> a{0, 1, 2, -1000}, b{0, 2, 1, 0}, shifted{5, 6, 7, -995};
  CHECK(near(kl_divergence(a, a), 0));
  CHECK(near(kl_divergence(a, shifted), 0));
  CHECK(kl_divergence(a, b) > 0.1);
}

TEST("the divergence of (1/2, 1/2) from (1/4, 3/4) is what the formula says") {
  const std::vector<float> p{0, 0}, q{0, std::log(3.0f)};
  CHECK(std::fabs(kl_divergence(p, q) - 0.5 * std::log(4.0 / 3)) < 1e-7);
}

TEST("a comparison keeps mean, maximum and agreement") {
  LogitComparison comparison;
  const std::vector<float> a{1, 0}, b{0, 1};
  comparison.add(a, a);
  comparison.add(a, b);
  CHECK(near(comparison.top1_agreement(), 0.5));
  CHECK(near(comparison.kl_max(), kl_divergence(a, b)));
  CHECK(near(comparison.kl_mean(), kl_divergence(a, b) / 2));
}
