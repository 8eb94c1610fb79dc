// rwkv-run: text out of an RWKV model's HTP contexts, its speed, and how faithful it is.
#include <chrono>
#include <cstdio>

#include "output_file.hpp"
#include "qnn_log.hpp"
#include "run_options.hpp"
#include "run_report.hpp"
#include "tool_main.hpp"

namespace rwkv {
namespace {

int run(int count, char** words) {
  const Arguments arguments = parse_run_arguments(count, words);
  if (arguments.has("--help")) {
    std::fputs(run_help().c_str(), stdout);
    return exit_ok;
  }
  if (arguments.has("--version")) {
    std::printf("rwkv-run %s (for QNN core API %s, HTP %s)\n", program_version, to_string(qnn::core_version).c_str(),
                to_string(qnn::htp_version).c_str());
    return exit_ok;
  }
  const RunOptions options = to_run_options(arguments);
  if (options.verbose) show_qnn_log();
  const QuietStdout out(options.verbose);

  // Before the slow loading, so that a wrong name costs no time.
  const auto tokenizer = open_tokenizer(options.tokenizer);
  const auto start = std::chrono::steady_clock::now();
  const QnnLibrary library(options.qnn_libs);
  const HtpDevice device(library, {});
  ModelFiles files = find_model_files(options.context);
  if (options.embedding) files.embedding = *options.embedding;
  if (options.initial_state) files.initial_state = *options.initial_state;
  const RwkvModel model(device, files, options.probes ? ExtraOutputs::probed : ExtraOutputs::refused);
  RwkvSession session(model);
  RunResult result;
  result.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (options.tokens > 0 && options.batch > 0) {
    result.batch = generate_batch(model, *tokenizer, {options.prompts, options.tokens, options.sampler}, out);
  } else if (options.tokens > 0) {
    TokenSampler sampler(options.sampler);
    result.generation = generate_text(session, *tokenizer, sampler, options.prompt, options.tokens, out);
    out.write("\n");
  }
  if (options.evaluate) {
    result.evaluation = evaluate_text(session, *tokenizer, *options.evaluate, options.evaluate_tokens,
                                      {options.reference, options.logits, options.probes});
  }
  std::fputs(format_run_summary(result).c_str(), stderr);
  if (options.json) write_output_file(*options.json, format_run_json(options, session, library, result));
  return exit_ok;
}

}   // namespace
}   // namespace rwkv

int main(int count, char** words) { return rwkv::run_tool("rwkv-run", rwkv::run, count, words); }
