// rwkv-run: text out of an RWKV model's HTP contexts, its speed, and how faithful it is.
#include <algorithm>
#include <cstdio>

#include "command.hpp"
#include "common_options.hpp"
#include "emulator_core.hpp"
#include "qnn_log.hpp"
#include "tool_main.hpp"

namespace rwkv {
namespace {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> all{generate_command(), chat_command(),     bench_command(),
                                        eval_command(),     tokenize_command(), info_command()};
  return all;
}

const Command* find_command(std::string_view name) {
  const auto& all = all_commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& command) { return command.name == name; });
  return found == all.end() ? nullptr : &*found;
}

int run_command(int count, char** words) {
  const Command& command = *find_command(words[0]);
  const auto options = all_options(command);
  const Arguments arguments(options, count, words, command.most_words);
  if (arguments.has("--help")) {
    std::printf("%s\n%s\n%s", command.example.c_str(), command.examples.c_str(), format_options(options).c_str());
    return exit_ok;
  }
  if (arguments.has("--verbose")) show_qnn_log();
  const QuietStdout out(arguments.has("--verbose"));
  return command.run(arguments, out);
}

void print_help() {
  for (const Command& command : all_commands())
    std::printf("%s\n    %s\n", command.example.c_str(), command.summary.c_str());
  std::printf(R"(
Runs an RWKV model from its HTP context binaries, on a phone or on the x86-64 emulator, or from its model libraries, also
on QNN's CPU and GPU backends. The model is its folder, its pack in one file, or its first chunk, beside which the others
are found. stdout has the results, stderr everything else.

  rwkv-run COMMAND --help    examples and all options of a command
  rwkv-run --version         the version
)");
}

// The first command that knows all of the options.
const Command& meant_command(int count, char** words) {
  for (const Command& command : all_commands()) {
    const auto options = all_options(command);
    const bool knows_all = std::all_of(words + 1, words + count, [&](const std::string& word) {
      const std::string name = word.substr(0, word.find('='));
      return !word.starts_with("--") ||
             std::any_of(options.begin(), options.end(), [&](const auto& option) { return option.name == name; });
    });
    if (knows_all) return command;
  }
  return all_commands().front();
}

int run_without_command(int count, char** words) {
  const std::string word = count > 1 ? words[1] : "";
  if (word == "--help" || word == "-h" || word == "help") {
    print_help();
    return exit_ok;
  }
  if (word == "--version") {
    std::printf("rwkv-run %s (for QNN core API %s, HTP %s)\n", program_version, to_string(qnn::core_version).c_str(),
                to_string(qnn::htp_version).c_str());
    return exit_ok;
  }
  if (word.empty()) throw UsageError("a command is missing, such as rwkv-run generate");
  std::error_code ignored;
  if (word.starts_with("-") || std::filesystem::exists(word, ignored))
    throw UsageError("the command is missing before " + word + "; did you mean rwkv-run " +
                     meant_command(count, words).name + " " + word + "?");
  std::vector<std::string> names;
  for (const Command& command : all_commands()) names.push_back(command.name);
  const std::string meant = closest_word(word, names);
  throw UsageError("'" + word + "': unknown command" + (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

}   // namespace
}   // namespace rwkv

int main(int count, char** words) {
  rwkv::settle_on_one_core();
  const bool has_command = count > 1 && rwkv::find_command(words[1]) != nullptr;
  if (!has_command) return rwkv::run_tool("rwkv-run", rwkv::run_without_command, count, words);
  const std::string program = std::string("rwkv-run ") + words[1];
  return rwkv::run_tool(program.c_str(), rwkv::run_command, count - 1, words + 1);
}
