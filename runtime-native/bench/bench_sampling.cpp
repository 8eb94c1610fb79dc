#include "bench_sampling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "best_time.hpp"
#include "plain_sampler.hpp"

namespace rwkv::bench {
namespace {

constexpr std::size_t vocabulary = 65536, texts = 8;

struct Chain {
  const char* name;
  SamplerOptions options;
};

std::vector<Chain> chains() {
  SamplerOptions usual;   // as RWKV's own programs draw
  usual.top_p = 0.5;
  usual.penalties = {0.3, 0.3, 0.996};
  SamplerOptions greedy, top_k, min_p;
  greedy.temperature = 0;
  top_k.top_k = 50;
  min_p.min_p = 0.05;
  return {{"default", usual}, {"no-limits", {}}, {"greedy", greedy}, {"min-p", min_p}, {"top-k", top_k}};
}

// Zipf's law: the token of rank r is r^-1.5 times as likely as the first; its place is by chance.
std::vector<std::vector<float>> zipf_logits() {
  std::mt19937 random(11);
  std::vector<float> sorted(vocabulary);
  for (std::size_t i = 0; i < vocabulary; ++i) sorted[i] = -1.5f * std::log(static_cast<float>(i + 1));
  std::vector<std::vector<float>> all(texts, sorted);
  for (auto& logits : all) std::shuffle(logits.begin(), logits.end(), random);
  return all;
}

template <typename Sampler>
double microseconds(const SamplerOptions& options, const std::vector<std::vector<float>>& all, int rounds) {
  Sampler sampler(options);
  return best_microseconds(rounds,
                           [&] {
                             for (const auto& logits : all) sampler.sample(logits);
                           }) /
         static_cast<double>(all.size());
}

}   // namespace

void write_sampling(JsonWriter& json) {
  const auto all = zipf_logits();
  json.begin_array();
  for (const Chain& chain : chains()) {
    json.begin_object();
    json.field("name", chain.name);
    json.field("microseconds", microseconds<TokenSampler>(chain.options, all, 200));
    json.field("plain_microseconds", microseconds<PlainSampler>(chain.options, all, 8));
    json.end_object();
  }
  json.end_array();
}

}   // namespace rwkv::bench
