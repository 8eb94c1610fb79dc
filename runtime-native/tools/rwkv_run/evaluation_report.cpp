#include "evaluation_report.hpp"

#include "run_report.hpp"

namespace rwkv {
namespace {

// Of any comparison of two sets of predictions.
template <typename Agreement>
void write_divergence(JsonWriter& json, const Agreement& agreement) {
  json.field("kl_mean", agreement.kl_mean);
  json.field("kl_max", agreement.kl_max);
  json.field("top1_agreement", agreement.top1_agreement);
}

void write_agreement(JsonWriter& json, const BatchAgreement& agreement) {
  json.key("batch");
  json.begin_object();
  json.field("sequences", std::uint64_t{agreement.sequences});
  json.field("compared", std::uint64_t{agreement.compared});
  write_divergence(json, agreement);
  json.end_object();
}

}   // namespace

std::string summary_of(const Evaluation& e) {
  std::string text = format_line("Perplexity: %.4f over %zu tokens (%.2f tokens/s)\n", e.perplexity, e.tokens,
                                 static_cast<double>(e.tokens) / e.seconds);
  if (e.reference) {
    text += format_line("Reference: perplexity %.4f, KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n",
                        e.reference->perplexity, e.reference->kl_mean, e.reference->kl_max,
                        100 * e.reference->top1_agreement);
  }
  if (e.prefill) {
    text += format_line("Prefill against steps: KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n", e.prefill->kl_mean,
                        e.prefill->kl_max, 100 * e.prefill->top1_agreement);
  }
  if (e.batch) {
    text += format_line("Sequences at once against each alone: KL mean %.3g, max %.3g, top-1 agreement %.2f %%\n",
                        e.batch->kl_mean, e.batch->kl_max, 100 * e.batch->top1_agreement);
  }
  return text;
}

std::string summary_of(const LambadaResult& result) {
  return format_line("LAMBADA: accuracy %.2f %%, perplexity %.4f over %zu passages (%.2f s)\n", 100 * result.accuracy,
                     result.perplexity, result.passages, result.seconds);
}

void write_lambada(JsonWriter& json, const LambadaResult& result) {
  json.key("lambada");
  json.begin_object();
  json.field("passages", std::uint64_t{result.passages});
  json.field("accuracy", result.accuracy);
  json.field("perplexity", result.perplexity);
  json.field("seconds", result.seconds);
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
    write_divergence(json, *evaluation.reference);
  }
  if (evaluation.prefill) {
    json.key("prefill");
    json.begin_object();
    json.field("block_tokens", std::uint64_t{evaluation.prefill->block_tokens});
    json.field("compared", std::uint64_t{evaluation.prefill->compared});
    write_divergence(json, *evaluation.prefill);
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

}   // namespace rwkv
