#include "bench_table.hpp"

#include <cmath>
#include <cstdio>
#include <numeric>

#include "json_writer.hpp"

namespace rwkv {
namespace {

std::string print(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string device_of(const BenchRow& row) {
  return row.is_emulated ? "emulator, not a phone" : facts_of(row.backend).title;
}

std::string format_md(const std::vector<BenchRow>& rows) {
  std::vector<std::vector<std::string>> table{{"model", "MiB", "SoC", "device", "test", "tokens/s"}};
  for (const BenchRow& row : rows) {
    const auto speeds = row.tokens_per_second();
    table.push_back({row.model, print("%.2f", static_cast<double>(row.bytes) / (1024 * 1024)), row.soc, device_of(row),
                     row.test(), print("%.2f", mean(speeds)) + " ± " + print("%.2f", standard_deviation(speeds))});
  }
  const auto is_number = [](std::size_t column) { return column == 1 || column == 5; };
  const auto width_of = [](const std::string& text) {   // in characters
    return std::accumulate(text.begin(), text.end(), std::size_t{0},
                           [](std::size_t sum, char c) { return sum + ((c & 0xc0) != 0x80); });
  };
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  std::string text, rule = "|";
  for (std::size_t i = 0; i < widths.size(); ++i)
    rule += is_number(i) ? std::string(widths[i] + 1, '-') + ":|" : std::string(widths[i] + 2, '-') + "|";
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - width_of(cells[i]), ' ');
      text += "| " + (is_number(i) ? padding + cells[i] : cells[i] + padding) + " ";
    }
    text += "|\n" + (&cells == &table.front() ? rule + "\n" : "");
  }
  return text;
}

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string format_csv(const std::vector<BenchRow>& rows) {
  std::string text =
      "model,context_bytes,soc,backend,emulated,test,prompt_tokens,generated_tokens,repetitions,tokens_per_second,"
      "tokens_per_second_deviation\n";
  for (const BenchRow& row : rows) {
    const auto speeds = row.tokens_per_second();
    text += quoted(row.model) + "," + std::to_string(row.bytes) + "," + quoted(row.soc) + "," +
            std::string(facts_of(row.backend).name) + "," + (row.is_emulated ? "true" : "false") + "," + row.test() +
            "," + std::to_string(row.prompt_tokens) + "," + std::to_string(row.generated_tokens) + "," +
            std::to_string(speeds.size()) + "," + print("%.6g", mean(speeds)) + "," +
            print("%.6g", standard_deviation(speeds)) + "\n";
  }
  return text;
}

void write_row(JsonWriter& json, const BenchRow& row) {
  const auto speeds = row.tokens_per_second();
  json.begin_object();
  json.field("model", row.model);
  json.field("context_bytes", row.bytes);
  json.field("soc", row.soc);
  json.field("backend", facts_of(row.backend).name);
  json.key("emulated");
  json.boolean(row.is_emulated);
  json.field("test", row.test());
  json.field("prompt_tokens", row.prompt_tokens);
  json.field("generated_tokens", row.generated_tokens);
  json.field("repetitions", std::uint64_t{speeds.size()});
  json.field("tokens_per_second", mean(speeds));
  json.field("tokens_per_second_deviation", standard_deviation(speeds));
  json.key("seconds");
  json.begin_array();
  for (const double seconds : row.seconds) json.number(seconds);
  json.end_array();
  json.end_object();
}

// The writer indents; no text in a row holds a line's end but as \n.
std::string on_one_line(const std::string& document) {
  std::string line;
  for (std::size_t i = 0; i < document.size(); ++i) {
    if (document[i] != '\n') {
      line += document[i];
      continue;
    }
    while (i + 1 < document.size() && document[i + 1] == ' ') ++i;
    if (line.ends_with(',')) line += ' ';
  }
  return line + "\n";
}

}   // namespace

std::string BenchRow::test() const {
  return prompt_tokens > 0 ? "pp" + std::to_string(prompt_tokens) : "tg" + std::to_string(generated_tokens);
}

std::vector<double> BenchRow::tokens_per_second() const {
  std::vector<double> speeds;
  for (const double one : seconds) speeds.push_back(static_cast<double>(prompt_tokens + generated_tokens) / one);
  return speeds;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double middle = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::string format_bench(const std::vector<BenchRow>& rows, TableFormat format) {
  if (format == TableFormat::md) return format_md(rows);
  if (format == TableFormat::csv) return format_csv(rows);
  if (format == TableFormat::json) {
    JsonWriter json;
    json.begin_array();
    for (const BenchRow& row : rows) write_row(json, row);
    json.end_array();
    return json.take();
  }
  std::string text;
  for (const BenchRow& row : rows) {
    JsonWriter json;
    write_row(json, row);
    text += on_one_line(json.take());
  }
  return text;
}

}   // namespace rwkv
