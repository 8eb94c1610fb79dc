// runtime-bench: what the library itself takes for a token, apart from QNN. For `npm run bench:runtime`.
#include <algorithm>
#include <bit>
#include <cstdio>

#include "argument_parser.hpp"
#include "bench_sampling.hpp"
#include "best_time.hpp"
#include "json_writer.hpp"
#include "quiet_stdout.hpp"
#include "rwkv_session.hpp"
#include "tool_main.hpp"
#include "value_codec.hpp"

namespace rwkv::bench {
namespace {

const std::vector<OptionDescription> options{
    {"--qnn-libs", "DIR", "the folder with libQnnHtp.so and libQnnSystem.so; for --context"},
    {"--context", "FILE", "measure a session of this model, given its first context"},
    {"--tokens", "N", "as many tokens of it; default 64"},
    {"--sampling", "", "measure the sampler"},
    {"--decoding", "", "measure how logits become float"},
    {"--help", "", "show this"},
};

// One number after the other: halves by their definition, quantised ones in double.
void decode_plainly(const TensorInfo& tensor, std::span<const std::uint16_t> stored, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const unsigned sign = (stored[i] & 0x8000u) << 16, exponent = (stored[i] >> 10) & 0x1f,
                   fraction = stored[i] & 0x3ff;
    if (tensor.type != qnn::DataType::float16) {
      values[i] = static_cast<float>((static_cast<double>(stored[i]) + tensor.quantization->offset) *
                                     double{tensor.quantization->scale});
    } else if (exponent == 0) {
      values[i] = (sign != 0 ? -0x1p-24f : 0x1p-24f) * static_cast<float>(fraction);
    } else {
      values[i] = std::bit_cast<float>(sign | ((exponent + (exponent == 31 ? 224 : 112)) << 23) | (fraction << 13));
    }
  }
}

// Microseconds for 65536 logits of either type.
void write_decoding(JsonWriter& json) {
  constexpr std::size_t vocabulary = 65536;
  std::vector<std::uint16_t> stored(vocabulary);
  for (std::size_t i = 0; i < vocabulary; ++i) stored[i] = static_cast<std::uint16_t>(i * 40503);
  std::vector<float> values(vocabulary);
  const auto* bytes = reinterpret_cast<const std::byte*>(stored.data());
  json.begin_array();
  for (const qnn::DataType type : {qnn::DataType::ufix16, qnn::DataType::float16}) {
    TensorInfo logits{0, "logits", type, {1, vocabulary}, Quantization{0.0007f, -40000}};
    json.begin_object();
    json.field("name", name_of(type));
    json.field("microseconds", best_microseconds(400, [&] { decode_values(logits, bytes, values); }));
    json.field("plain_microseconds", best_microseconds(40, [&] { decode_plainly(logits, stored, values); }));
    json.end_object();
  }
  json.end_array();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// What a token takes in the library, in QNN and together; the medians of all tokens but the first ones.
void write_session(JsonWriter& json, const Arguments& arguments) {
  const QnnLibrary library(arguments.required_text("--qnn-libs"));
  const QnnDevice device(library, {});
  const RwkvModel model(device, find_model_files(arguments.required_text("--context")));
  RwkvSession session(model);
  const std::size_t tokens = arguments.whole_number("--tokens", 64, 1, 1'000'000), warming = 4;
  std::vector<double> outside, executing;
  for (std::size_t i = 0; i < warming + tokens; ++i) {
    const SessionStatistics before = session.statistics();
    session.decode(static_cast<std::uint32_t>(i * 7 % model.vocabulary()));
    session.logits();
    const SessionStatistics after = session.statistics();
    if (i < warming) continue;
    const std::chrono::duration<double, std::micro> running = after.running - before.running,
                                                    in_qnn = after.executing - before.executing;
    outside.push_back((running - in_qnn).count());
    executing.push_back(in_qnn.count());
  }
  json.begin_object();
  json.field("vocabulary", std::uint64_t{model.vocabulary()});
  json.field("outside_microseconds", median(outside));
  json.field("executing_microseconds", median(executing));
  json.end_object();
}

int run(int count, char** words) {
  const Arguments arguments(options, count, words);
  if (arguments.has("--help")) {
    std::fputs(format_options(options).c_str(), stdout);
    return exit_ok;
  }
  const QuietStdout out(false);
  JsonWriter json;
  json.begin_object();
  if (arguments.has("--sampling")) json.key("sampling"), write_sampling(json);
  if (arguments.has("--decoding")) json.key("decoding"), write_decoding(json);
  if (arguments.has("--context")) json.key("session"), write_session(json, arguments);
  json.end_object();
  out.write(json.take());
  return exit_ok;
}

}   // namespace
}   // namespace rwkv::bench

int main(int count, char** words) { return rwkv::run_tool("runtime-bench", rwkv::bench::run, count, words); }
