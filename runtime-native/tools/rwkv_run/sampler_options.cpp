#include "sampler_options.hpp"

#include <cstdio>

namespace rwkv {
namespace {

std::string with_default(const char* help, double value, const char* meaning = "") {
  char text[40];
  std::snprintf(text, sizeof text, "; default %g", value);
  return std::string(help) + text + meaning;
}

}   // namespace

std::vector<OptionDescription> sampler_options(const SamplerOptions& defaults) {
  const auto& penalties = defaults.penalties;
  const auto unless = [](bool is_limited) { return is_limited ? "" : ", no limit"; };
  return {
      {"--temperature", "T", with_default("0 always takes the likeliest token", defaults.temperature)},
      {"--top-k", "K",
       with_default("draw from the K likeliest tokens", static_cast<double>(defaults.top_k),
                    unless(defaults.top_k > 0))},
      {"--top-p", "P",
       with_default("draw from the likeliest tokens that together have probability P", defaults.top_p,
                    unless(defaults.top_p < 1))},
      {"--min-p", "P",
       with_default("draw from the tokens at least P times as likely as the likeliest", defaults.min_p,
                    unless(defaults.min_p > 0))},
      {"--typical-p", "P",
       with_default("draw from those whose surprise is nearest to the expected one, of probability P together",
                    defaults.typical_p, unless(defaults.typical_p < 1))},
      {"--presence-penalty", "X", with_default("make every token that was generated less likely", penalties.presence)},
      {"--frequency-penalty", "X", with_default("the same, times how often", penalties.frequency)},
      {"--penalty-decay", "X",
       with_default("what a past token counts after each further one, 0 to 1", penalties.decay)},
      {"--seed", "N", "of the random numbers; the same seed gives the same text; default 0"},
  };
}

SamplerOptions chosen_sampler(const Arguments& arguments, const SamplerOptions& defaults) {
  SamplerOptions chosen;
  chosen.temperature = arguments.decimal_number("--temperature", defaults.temperature, 0, 100);
  chosen.top_k = arguments.whole_number("--top-k", defaults.top_k, 0, 10'000'000);
  chosen.top_p = arguments.decimal_number("--top-p", defaults.top_p, 0, 1);
  chosen.min_p = arguments.decimal_number("--min-p", defaults.min_p, 0, 1);
  chosen.typical_p = arguments.decimal_number("--typical-p", defaults.typical_p, 0, 1);
  chosen.penalties.presence = arguments.decimal_number("--presence-penalty", defaults.penalties.presence, -100, 100);
  chosen.penalties.frequency = arguments.decimal_number("--frequency-penalty", defaults.penalties.frequency, -100, 100);
  chosen.penalties.decay = arguments.decimal_number("--penalty-decay", defaults.penalties.decay, 0, 1);
  chosen.seed = arguments.whole_number("--seed", defaults.seed, 0, UINT64_MAX);
  return chosen;
}

}   // namespace rwkv
