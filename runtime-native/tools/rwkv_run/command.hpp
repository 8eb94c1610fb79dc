// What rwkv-run can do: one command each.
#pragma once

#include <string>
#include <vector>

#include "argument_parser.hpp"
#include "quiet_stdout.hpp"

namespace rwkv {

/// Options that several commands have in common; a command says which it takes.
enum CommonOptions : unsigned {
  takes_contexts = 1,    // which model, and QNN's libraries
  takes_tables = 2,      // what a model has beside its contexts
  takes_tokenizer = 4,   // between text and tokens
  takes_json = 8,        // where results go
  takes_backend = 16,    // what a model runs on
};
inline constexpr unsigned runs_a_model = takes_contexts | takes_tables | takes_backend;

struct Command {
  std::string name;
  std::string summary;    // in a line
  std::string example;    // for the list of all commands
  std::string examples;   // further ones, and what to know
  unsigned common = 0;
  std::vector<OptionDescription> options;   // its own
  std::size_t most_words = 0;               // that aren't options
  /// Returns the exit code; throws UsageError and Failure.
  int (*run)(const Arguments& arguments, const QuietStdout& out) = nullptr;
};

Command generate_command();
Command chat_command();
Command bench_command();
Command eval_command();
Command tokenize_command();
Command info_command();

}   // namespace rwkv
