#include "context_report.hpp"

#include "json_writer.hpp"
#include "metadata_json.hpp"

namespace rwkv {
namespace {

constexpr std::uint64_t report_format = 1;

void write_forecast(JsonWriter& json, std::string_view key, const Forecast& forecast) {
  json.key(key);
  json.begin_object();
  json.field("value", forecast.value);
  json.field("low", forecast.low);
  json.field("high", forecast.high);
  json.end_object();
}

void write_cost(JsonWriter& json, const CostEstimate& cost) {
  json.key("cost_model");
  json.begin_object();
  write_forecast(json, "cycles", cost.cycles);
  write_forecast(json, "microseconds", cost.microseconds);
  json.field("input_fill_bytes", cost.input_fill_bytes);
  json.field("intermediate_fill_bytes", cost.intermediate_fill_bytes);
  json.field("intermediate_spill_bytes", cost.intermediate_spill_bytes);
  json.field("output_spill_bytes", cost.output_spill_bytes);
  json.key("unpriced_ops");
  json.begin_array();
  for (const std::string& op : cost.unpriced_ops) json.string(op);
  json.end_array();
  json.end_object();
}

}   // namespace

std::string format_context_report(const ContextMetadata& context, const CompiledContext& compiled) {
  JsonWriter json;
  json.begin_object();
  json.field("format", report_format);
  json.key("graphs");
  json.begin_array();
  for (const GraphMetadata& graph : context.graphs) {
    json.begin_object();
    write_graph(json, graph);
    const auto cost = compiled.costs.find(graph.name);
    if (cost != compiled.costs.end()) write_cost(json, cost->second);
    json.end_object();
  }
  json.end_array();
  write_context_facts(json, context);

  json.key("seconds");
  json.begin_object();
  json.field("compose", compiled.seconds.compose);
  json.field("finalize", compiled.seconds.finalize);
  json.field("serialise", compiled.seconds.serialise);
  json.end_object();
  json.end_object();
  return json.take();
}

}   // namespace rwkv
