// rwkv-run generate: a prompt in, text out.
#include <algorithm>

#include "batch_generation.hpp"
#include "run_report.hpp"
#include "sampler_options.hpp"
#include "text_generation.hpp"

namespace rwkv {
namespace {

SamplerOptions defaults() {
  SamplerOptions options;
  options.penalties.decay = 0.996;
  return options;
}

std::vector<OptionDescription> own_options() {
  std::vector<OptionDescription> options{
      {"--prompt", "TEXT", "the text to go on from; it is fed after what begins a text; with --batch also several",
       true},
      {"--tokens", "N", "generate at most N tokens; default 100"},
      {"--stop", "TEXT", "end before this text; may be given several times", true},
      {"--batch", "N",
       "generate N texts at once, of contexts that take as many: one for each --prompt, or all for one"},
      {"--load-state", "FILE", "go on from this saved state: the prompt follows what it has read"},
      {"--save-state", "FILE", "save the state behind the text here"},
  };
  for (const auto& option : sampler_options(defaults())) options.push_back(option);
  return options;
}

// One for each text.
std::vector<std::string> chosen_prompts(const Arguments& arguments) {
  auto prompts = arguments.texts("--prompt");
  if (prompts.empty()) prompts.push_back("");
  const std::size_t batch = arguments.whole_number("--batch", 1, 1, 1'000);
  if (prompts.size() == 1) prompts.resize(batch, prompts.front());
  if (prompts.size() == batch) return prompts;
  throw UsageError("--prompt is given " + std::to_string(prompts.size()) + " times; give it once, or --batch " +
                   std::to_string(prompts.size()));
}

std::string summary_of(const Generation& g) {
  return format_line("Time to first token: %.3f s\n", g.seconds_to_first_token) +
         format_line("Prefill: %zu tokens, %zu of them in blocks, %.2f tokens/s\n", g.fed_tokens, g.block_tokens,
                     g.prefill_tokens_per_second()) +
         format_line("Generation: %zu tokens, %.2f tokens/s\n", g.tokens, g.generation_tokens_per_second());
}

std::string summary_of(const BatchGeneration& batch) {
  return format_line("Batch: %zu texts, %zu steps, %.2f tokens/s\n", batch.texts.size(), batch.steps,
                     batch.tokens_per_second());
}

void write_result(JsonWriter& json, const std::string& prompt, const Generation& generation) {
  json.field("prompt", prompt);
  json.field("text", generation.text);
  json.field("tokens", std::uint64_t{generation.tokens});
  json.field("prompt_tokens", std::uint64_t{generation.prompt_tokens});
  json.field("block_tokens", std::uint64_t{generation.block_tokens});
  json.field("seconds_to_first_token", generation.seconds_to_first_token);
  json.field("prefill_tokens_per_second", generation.prefill_tokens_per_second());
  json.field("generation_tokens_per_second", generation.generation_tokens_per_second());
}

void write_result(JsonWriter& json, const BatchGeneration& batch) {
  json.key("texts");
  json.begin_array();
  for (const BatchText& text : batch.texts) {
    json.begin_object();
    json.field("prompt", text.prompt);
    json.field("text", text.text);
    json.field("tokens", std::uint64_t{text.tokens});
    json.end_object();
  }
  json.end_array();
  json.field("batch_steps", std::uint64_t{batch.steps});
  json.field("batch_tokens_per_second", batch.tokens_per_second());
}

std::string run_batch(LoadedModel& loaded, const Tokenizer& tokenizer, const BatchOrder& order,
                      const std::function<bool(std::string_view)>& show, JsonWriter& json) {
  const BatchGeneration batch = generate_batch(loaded.model, tokenizer, order);
  std::size_t count = 0;
  for (const BatchText& text : batch.texts) show("--- " + std::to_string(++count) + "\n" + text.text + "\n");
  write_result(json, batch);
  return summary_of(batch);
}

std::string run_one(LoadedModel& loaded, const Tokenizer& tokenizer, const TextOrder& order,
                    const std::function<bool(std::string_view)>& show, JsonWriter& json) {
  const Generation generation = generate_text(loaded.session, tokenizer, order, show);
  show("\n");
  write_result(json, order.prompt, generation);
  return summary_of(generation);
}

TextOrder chosen_text(const Arguments& arguments, const std::string& prompt) {
  TextOrder order{prompt,
                  arguments.whole_number("--tokens", 100, 0, 10'000'000),
                  chosen_sampler(arguments, defaults()),
                  arguments.texts("--stop"),
                  {},
                  {}};
  if (const auto file = arguments.text("--load-state")) order.load_state = *file;
  if (const auto file = arguments.text("--save-state")) order.save_state = *file;
  if (arguments.has("--batch") && (order.load_state || order.save_state))
    throw UsageError("--load-state and --save-state are of one text, not of a --batch");
  return order;
}

int run(const Arguments& arguments, const QuietStdout& out) {
  const auto prompts = chosen_prompts(arguments);
  const TextOrder order = chosen_text(arguments, prompts.front());
  chosen_model(arguments);
  // Before the slow loading, so that a wrong name costs no time.
  const auto tokenizer = chosen_tokenizer(arguments);
  LoadedModel loaded(arguments);

  const bool is_quiet = json_goes_to_stdout(arguments);
  const auto show = [&](std::string_view text) { return is_quiet || out.write(text); };
  JsonWriter json;
  json.begin_object();
  const std::string summary =
      arguments.has("--batch")
          ? run_batch(loaded, *tokenizer, {prompts, order.limit, order.sampler, order.stops}, show, json)
          : run_one(loaded, *tokenizer, order, show, json);
  deliver_run(arguments, out, loaded, summary, json);
  return 0;
}

}   // namespace

Command generate_command() {
  return {
      "generate",
      "go on from a prompt: the text to stdout as it comes, the speeds to stderr",
      "rwkv-run generate models/mine --tokenizer world:rwkv_vocab_v20230424.txt --prompt \"The Eiffel tower is in\"",
      R"(rwkv-run generate model_chunk1of2.bin --qnn-libs onnxruntime_qnn --tokenizer byte --prompt "It was a " \
         --tokens 100 --temperature 0.7 --top-p 0.9 --seed 7 --json result.json
rwkv-run generate models/mine --tokenizer byte --prompt "Q: Why?" --stop $'\n\n' --save-state asked.state
rwkv-run generate models/mine --tokenizer byte --load-state asked.state --prompt " A:"
rwkv-run generate models/mine --tokenizer byte --batch 2 --prompt "It was a " --prompt "Elizabeth "

Two calls with a state saved between them write what one would have written.
)",
      runs_a_model | takes_tokenizer | takes_json,
      own_options(),
      1,
      run};
}

}   // namespace rwkv
