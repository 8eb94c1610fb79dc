// rwkv-run's command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "argument_parser.hpp"
#include "token_sampler.hpp"

namespace rwkv {

struct RunOptions {
  std::filesystem::path qnn_libs;
  std::filesystem::path context;
  std::string tokenizer;
  std::optional<std::filesystem::path> embedding;
  std::optional<std::filesystem::path> initial_state;
  std::string prompt;
  std::size_t batch = 0;              // texts that are generated at once; 0: one alone, as it comes
  std::vector<std::string> prompts;   // of these
  std::size_t tokens = 0;             // to generate at most
  SamplerOptions sampler;
  std::optional<std::filesystem::path> evaluate;
  std::size_t evaluate_tokens = 256;
  std::optional<std::filesystem::path> reference;
  std::optional<std::filesystem::path> logits;
  std::optional<std::filesystem::path> probes;
  std::optional<std::filesystem::path> json;
  bool verbose = false;
};

/// What --help prints.
std::string run_help();

Arguments parse_run_arguments(int count, char** words);

/// Throws UsageError.
RunOptions to_run_options(const Arguments& arguments);

}   // namespace rwkv
