#include "run_report.hpp"

#include <cstdio>

#include "json_writer.hpp"
#include "process_memory.hpp"

namespace rwkv {
namespace {

template <typename... Values>
std::string print(const char* format, Values... values) {
  char line[200];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

void write_generation(JsonWriter& json, const Generation& generation) {
  json.field("text", generation.text);
  json.field("tokens", std::uint64_t{generation.tokens});
  json.field("prompt_tokens", std::uint64_t{generation.prompt_tokens});
  json.field("block_tokens", std::uint64_t{generation.block_tokens});
  json.field("seconds_to_first_token", generation.seconds_to_first_token);
  json.field("prefill_tokens_per_second", generation.prefill_tokens_per_second());
  json.field("generation_tokens_per_second", generation.generation_tokens_per_second());
}

void write_batch(JsonWriter& json, const BatchGeneration& batch) {
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

void write_agreement(JsonWriter& json, const BatchAgreement& agreement) {
  json.key("batch");
  json.begin_object();
  json.field("sequences", std::uint64_t{agreement.sequences});
  json.field("compared", std::uint64_t{agreement.compared});
  json.field("kl_mean", agreement.kl_mean);
  json.field("kl_max", agreement.kl_max);
  json.field("top1_agreement", agreement.top1_agreement);
  json.end_object();
}

void write_evaluation(JsonWriter& json, const Evaluation& evaluation) {
  json.key("evaluation");
  json.begin_object();
  json.field("tokens", std::uint64_t{evaluation.tokens});
  json.field("seconds", evaluation.seconds);
  json.field("perplexity", evaluation.perplexity);
  if (evaluation.reference) {
    json.field("reference_perplexity", evaluation.reference->perplexity);
    json.field("kl_mean", evaluation.reference->kl_mean);
    json.field("kl_max", evaluation.reference->kl_max);
    json.field("top1_agreement", evaluation.reference->top1_agreement);
  }
  if (evaluation.prefill) {
    json.key("prefill");
    json.begin_object();
    json.field("block_tokens", std::uint64_t{evaluation.prefill->block_tokens});
    json.field("compared", std::uint64_t{evaluation.prefill->compared});
    json.field("kl_mean", evaluation.prefill->kl_mean);
    json.field("kl_max", evaluation.prefill->kl_max);
    json.field("top1_agreement", evaluation.prefill->top1_agreement);
    if (evaluation.prefill->reference_kl_mean) json.field("reference_kl_mean", *evaluation.prefill->reference_kl_mean);
    json.end_object();
  }
  if (evaluation.batch) write_agreement(json, *evaluation.batch);
  json.end_object();
}

void write_probes(JsonWriter& json, const RwkvSession& session) {
  json.key("probes");
  json.begin_array();
  for (const Probe& probe : session.probes()) {
    json.begin_object();
    json.field("chunk", std::uint64_t{probe.chunk});
    json.field("name", probe.buffer->info().name);
    json.field("elements", std::uint64_t{probe.buffer->info().elements()});
    json.end_object();
  }
  json.end_array();
}

}   // namespace

std::string format_run_summary(const RunResult& result) {
  std::string text = print("Load: %.2f s\n", result.load_seconds);
  if (result.generation) {
    const Generation& g = *result.generation;
    text += print("Time to first token: %.3f s\n", g.seconds_to_first_token);
    text += print("Prefill: %zu tokens, %zu of them in blocks, %.2f tokens/s\n", g.prompt_tokens + 1, g.block_tokens,
                  g.prefill_tokens_per_second());
    text += print("Generation: %zu tokens, %.2f tokens/s\n", g.tokens, g.generation_tokens_per_second());
  }
  if (result.batch) {
    text += print("Batch: %zu texts, %zu steps, %.2f tokens/s\n", result.batch->texts.size(), result.batch->steps,
                  result.batch->tokens_per_second());
  }
  if (result.evaluation) {
    const Evaluation& e = *result.evaluation;
    text += print("Perplexity: %.4f over %zu tokens (%.2f tokens/s)\n", e.perplexity, e.tokens,
                  static_cast<double>(e.tokens) / e.seconds);
    if (e.reference) {
      text +=
          print("Reference: perplexity %.4f, KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n",
                e.reference->perplexity, e.reference->kl_mean, e.reference->kl_max, 100 * e.reference->top1_agreement);
    }
    if (e.prefill) {
      text += print("Prefill against steps: KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n", e.prefill->kl_mean,
                    e.prefill->kl_max, 100 * e.prefill->top1_agreement);
    }
    if (e.batch) {
      text += print("Sequences at once against each alone: KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n",
                    e.batch->kl_mean, e.batch->kl_max, 100 * e.batch->top1_agreement);
    }
  }
  return text;
}

std::string format_run_json(const RunOptions& options, const RwkvSession& session, const QnnLibrary& library,
                            const RunResult& result) {
  const auto contexts = session.model().contexts();
  JsonWriter json;
  json.begin_object();
  if (result.generation) {
    json.field("prompt", options.prompt);
    write_generation(json, *result.generation);
  }
  if (result.batch) write_batch(json, *result.batch);
  if (result.evaluation) write_evaluation(json, *result.evaluation);
  if (options.probes) write_probes(json, session);
  json.field("load_seconds", result.load_seconds);
  json.key("qnn");
  json.begin_object();
  json.field("build_id", library.build_id());
  json.field("core_api", to_string(library.htp().core_api));
  json.field("backend_api", to_string(library.htp().backend_api));
  json.end_object();
  json.key("contexts");
  json.begin_array();
  for (const HtpContext* context : contexts) {
    json.begin_object();
    json.field("file", std::filesystem::path(context->name()).filename().string());
    json.field("bytes", context->metadata().binary_bytes);
    json.field("build_id", context->metadata().build_id);
    json.end_object();
  }
  json.end_array();
  json.field("soc_id", std::uint64_t{contexts.front()->metadata().soc_id});
  json.field("layers", std::uint64_t{session.model().layers()});
  json.field("prefill_tokens", std::uint64_t{session.model().prefill_tokens()});
  json.field("sequences", std::uint64_t{session.model().sequences()});
  json.field("vocabulary", std::uint64_t{session.model().vocabulary()});
  json.field("peak_rss_bytes", peak_memory_bytes());
  json.end_object();
  return json.take();
}

}   // namespace rwkv
