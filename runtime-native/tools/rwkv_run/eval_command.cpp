// rwkv-run eval: how well a model predicts a text, and how far it is from a reference.
#include <cstdio>

#include "evaluation_report.hpp"
#include "run_report.hpp"

namespace rwkv {
namespace {

EvaluationRows chosen_rows(const Arguments& arguments) {
  EvaluationRows rows;
  if (const auto file = arguments.text("--reference")) rows.reference = *file;
  if (const auto file = arguments.text("--logits")) rows.logits = *file;
  if (const auto file = arguments.text("--probes")) rows.probes = *file;
  return rows;
}

void check_options(const Arguments& arguments) {
  if (arguments.has("--text") == arguments.has("--lambada")) throw UsageError("give either --text or --lambada");
  for (const char* option : {"--tokens", "--reference", "--logits", "--probes"}) {
    if (arguments.has(option) && !arguments.has("--text")) throw UsageError(std::string(option) + " needs --text");
  }
  if (arguments.has("--passages") && !arguments.has("--lambada")) throw UsageError("--passages needs --lambada");
}

std::string run_text(const Arguments& arguments, LoadedModel& loaded, const Tokenizer& tokenizer, JsonWriter& json) {
  const EvaluationRows rows = chosen_rows(arguments);
  const Evaluation evaluation = evaluate_text(loaded.session, tokenizer, arguments.required_text("--text"),
                                              arguments.whole_number("--tokens", 256, 1, 10'000'000), rows);
  write_evaluation(json, evaluation);
  if (rows.probes) write_probes(json, loaded.session);
  return summary_of(evaluation);
}

std::string run_lambada(std::span<const LambadaPassage> passages, LoadedModel& loaded, const Tokenizer& tokenizer,
                        JsonWriter& json) {
  const LambadaResult result = evaluate_lambada(loaded.session, tokenizer, passages);
  write_lambada(json, result);
  return summary_of(result);
}

int run(const Arguments& arguments, const QuietStdout& out) {
  check_options(arguments);
  chosen_model(arguments);
  // Before the slow loading, so that a wrong name costs no time.
  const auto tokenizer = chosen_tokenizer(arguments);
  std::vector<LambadaPassage> passages;
  if (arguments.has("--lambada")) {
    passages = read_lambada(arguments.required_text("--lambada"));
    const std::size_t most = arguments.whole_number("--passages", passages.size(), 1, 10'000'000);
    if (passages.size() > most) passages.resize(most);
  }
  LoadedModel loaded(arguments, arguments.has("--probes") ? ExtraOutputs::probed : ExtraOutputs::refused);
  JsonWriter json;
  json.begin_object();
  const std::string summary = arguments.has("--lambada") ? run_lambada(passages, loaded, *tokenizer, json)
                                                         : run_text(arguments, loaded, *tokenizer, json);
  deliver_run(arguments, out, loaded, summary, json);
  return 0;
}

}   // namespace

Command eval_command() {
  return {
      "eval",
      "perplexity on a text, KL divergence from reference logits, or accuracy on LAMBADA",
      "rwkv-run eval models/mine --tokenizer world:rwkv_vocab_v20230424.txt --text heldout.txt --tokens 1000",
      R"(rwkv-run eval model_chunk1of2.bin --qnn-libs onnxruntime_qnn --tokenizer byte --text heldout.txt \
         --reference reference.f32 --json result.json
rwkv-run eval models/mine --tokenizer world:rwkv_vocab_v20230424.txt --lambada lambada_test.jsonl --passages 500

A text is fed token by token. With a prefill graph or one for several sequences it is read that way too, and both are
compared. LAMBADA asks for the last word of a passage; the file has {"text": "…"} on each line. Its accuracy counts the
passages in which each token of the word is the likeliest; its perplexity is that of the word.
)",
      runs_a_model | takes_tokenizer | takes_json,
      {{"--text", "FILE", "measure perplexity on this text"},
       {"--tokens", "N", "use its first N tokens; default 256"},
       {"--reference", "FILE", "compare with these float32 logits [N, vocabulary]"},
       {"--logits", "FILE", "write the logits here, in the format of --reference"},
       {"--probes", "FILE", "write what the chunks give out beside logits and states here, float32; --json names it"},
       {"--lambada", "FILE", "find the last words of these passages instead"},
       {"--passages", "N", "use the first N of them; default: all"}},
      1,
      run};
}

}   // namespace rwkv
