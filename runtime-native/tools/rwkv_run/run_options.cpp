#include "run_options.hpp"

#include <algorithm>

namespace rwkv {
namespace {

constexpr const char* examples = R"(rwkv-run --qnn-libs onnxruntime_qnn --context model_chunk1of2.bin --tokenizer byte \
         --prompt "It is a truth universally acknowledged" --tokens 100
rwkv-run --qnn-libs onnxruntime_qnn --context model_chunk1of2.bin --tokenizer world:rwkv_vocab_v20230424.txt \
         --prompt $'User: hi\n\nAssistant:' --temperature 1 --top-p 0.5 --seed 7 --json result.json
rwkv-run --qnn-libs onnxruntime_qnn --context model_chunk1of2.bin --tokenizer byte \
         --evaluate heldout.txt --evaluate-tokens 256 --reference reference.f32 --json result.json

Runs an RWKV model from its HTP context binaries, on a phone or on the x86-64 emulator. Given the first chunk it finds
the others beside it. The text goes to stdout, everything else to stderr.

)";

const std::vector<OptionDescription> options{
    {"--qnn-libs", "DIR", "the folder with libQnnHtp.so and libQnnSystem.so"},
    {"--context", "FILE", "the model's first (or only) context, MODEL_chunk1ofN.bin"},
    {"--tokenizer", "NAME", "byte, abc, midi, or world:FILE with the vocabulary's file"},
    {"--embedding", "FILE", "the float32 table of a model whose embedding is outside of the graph"},
    {"--initial-state", "FILE", "what the model's heads start from, float32; without it, or when it is empty, zeros"},
    {"--prompt", "TEXT", "the text to go on from; it is fed after what begins a text; with --batch also several", true},
    {"--batch", "N", "generate N texts at once, of contexts that take as many: one for each --prompt, or all for one"},
    {"--tokens", "N", "generate at most N tokens; default 100, or 0 with --evaluate and no --prompt"},
    {"--temperature", "T", "default 1; 0 always takes the likeliest token"},
    {"--top-k", "K", "draw from the K likeliest tokens; default 0, no limit"},
    {"--top-p", "P", "draw from the likeliest tokens that together have probability P; default 1, no limit"},
    {"--min-p", "P", "draw from the tokens at least P times as likely as the likeliest; default 0, no limit"},
    {"--typical-p", "P", "draw from the least surprising tokens, of probability P together; default 1, no limit"},
    {"--presence-penalty", "X", "make every token that was generated less likely; default 0"},
    {"--frequency-penalty", "X", "the same, times how often; default 0"},
    {"--penalty-decay", "X", "what a past token counts after each further one, 0 to 1; default 0.996"},
    {"--seed", "N", "of the random numbers; the same seed gives the same text; default 0"},
    {"--evaluate", "FILE", "measure perplexity on this text"},
    {"--evaluate-tokens", "N", "use its first N tokens; default 256"},
    {"--reference", "FILE", "compare with these float32 logits [N, vocabulary]"},
    {"--logits", "FILE", "write the evaluation's logits here, in the format of --reference"},
    {"--probes", "FILE", "write what the chunks give out beside logits and states here, float32; --json names it"},
    {"--json", "FILE", "write all results here"},
    {"--verbose", "", "show QNN's log"},
    {"--help", "", "show this"},
    {"--version", "", "show the version"},
};

}   // namespace

std::string run_help() { return examples + format_options(options); }

Arguments parse_run_arguments(int count, char** words) { return Arguments(options, count, words); }

RunOptions to_run_options(const Arguments& arguments) {
  RunOptions run;
  run.context = arguments.required_text("--context");
  run.tokenizer = arguments.required_text("--tokenizer");
  run.qnn_libs = arguments.required_text("--qnn-libs");
  if (const auto file = arguments.text("--embedding")) run.embedding = *file;
  if (const auto file = arguments.text("--initial-state")) run.initial_state = *file;
  if (const auto file = arguments.text("--evaluate")) run.evaluate = *file;
  if (const auto file = arguments.text("--reference")) run.reference = *file;
  if (const auto file = arguments.text("--logits")) run.logits = *file;
  if (const auto file = arguments.text("--probes")) run.probes = *file;
  if (const auto file = arguments.text("--json")) run.json = *file;
  if (run.reference && !run.evaluate) throw UsageError("--reference needs --evaluate");
  if (run.logits && !run.evaluate) throw UsageError("--logits needs --evaluate");
  if (run.probes && !run.evaluate) throw UsageError("--probes needs --evaluate");
  if (arguments.has("--evaluate-tokens") && !run.evaluate) throw UsageError("--evaluate-tokens needs --evaluate");

  run.prompts = arguments.texts("--prompt");
  if (run.prompts.empty()) run.prompts.push_back("");
  run.prompt = run.prompts.front();
  run.batch = arguments.whole_number("--batch", 0, 1, 1'000);
  if (run.batch > 0 && run.prompts.size() == 1) run.prompts.resize(run.batch, run.prompt);
  if (run.prompts.size() != std::max<std::size_t>(run.batch, 1)) {
    throw UsageError("--prompt is given " + std::to_string(run.prompts.size()) + " times; give it once, or --batch " +
                     std::to_string(run.prompts.size()));
  }
  const std::size_t tokens = run.evaluate && !arguments.has("--prompt") ? 0 : 100;
  run.tokens = arguments.whole_number("--tokens", tokens, 0, 10'000'000);
  run.evaluate_tokens = arguments.whole_number("--evaluate-tokens", 256, 1, 10'000'000);
  run.sampler.temperature = arguments.decimal_number("--temperature", 1, 0, 100);
  run.sampler.top_k = arguments.whole_number("--top-k", 0, 0, 10'000'000);
  run.sampler.top_p = arguments.decimal_number("--top-p", 1, 0, 1);
  run.sampler.min_p = arguments.decimal_number("--min-p", 0, 0, 1);
  run.sampler.typical_p = arguments.decimal_number("--typical-p", 1, 0, 1);
  run.sampler.penalties.presence = arguments.decimal_number("--presence-penalty", 0, -100, 100);
  run.sampler.penalties.frequency = arguments.decimal_number("--frequency-penalty", 0, -100, 100);
  run.sampler.penalties.decay = arguments.decimal_number("--penalty-decay", 0.996, 0, 1);
  run.sampler.seed = arguments.whole_number("--seed", 0, 0, UINT64_MAX);
  run.verbose = arguments.has("--verbose");
  return run;
}

}   // namespace rwkv
