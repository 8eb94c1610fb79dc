// Several texts at once: one prompt each, or several goes at one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rwkv_model.hpp"
#include "token_sampler.hpp"
#include "tokenizer.hpp"

namespace rwkv {

struct BatchText {
  std::string prompt;
  std::string text;   // valid UTF-8
  std::size_t tokens = 0;
};

struct BatchGeneration {
  std::vector<BatchText> texts;
  std::size_t steps = 0;   // of all sequences at once
  double seconds = 0;      // of these
  double tokens_per_second() const;
};

/// What is asked of a batch.
struct BatchOrder {
  std::vector<std::string> prompts;   // one for each text
  std::size_t limit = 0;              // tokens of each text at most
  SamplerOptions sampler;             // the first text's; each further one has the next seed
  std::vector<std::string> stops;     // of each text
};

/// Reads the prompts one after the other, then goes on with all of them at once, each until its limit, a
/// stop string or its end. Throws Failure (argument) when there are more prompts than the model takes sequences.
BatchGeneration generate_batch(const RwkvModel& model, const Tokenizer& tokenizer, const BatchOrder& order);

}   // namespace rwkv
