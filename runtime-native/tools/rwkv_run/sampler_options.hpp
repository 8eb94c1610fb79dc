// How to draw tokens, on a command line.
#pragma once

#include <vector>

#include "argument_parser.hpp"
#include "token_sampler.hpp"

namespace rwkv {

/// The options, with a command's defaults in their explanations.
std::vector<OptionDescription> sampler_options(const SamplerOptions& defaults);

/// Throws UsageError.
SamplerOptions chosen_sampler(const Arguments& arguments, const SamplerOptions& defaults);

}   // namespace rwkv
