// rwkv-run bench: how fast prompts are read and texts are written, as llama-bench measures it.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "bench_table.hpp"
#include "common_options.hpp"
#include "soc_table.hpp"

namespace rwkv {
namespace {

constexpr std::uint64_t most_tokens = 1'000'000;

struct BenchOrder {
  std::vector<std::uint64_t> prompts, texts;   // in tokens
  std::uint64_t warm_up = 1, repetitions = 5;
  TableFormat format = TableFormat::md;
};

// "-p 128,512 -p 64"; 0 is for none.
std::vector<std::uint64_t> chosen_sizes(const Arguments& arguments, const char* option, std::uint64_t otherwise) {
  std::vector<std::uint64_t> sizes;
  for (std::string words : arguments.texts(option)) {
    for (words += ','; !words.empty(); words.erase(0, words.find(',') + 1)) {
      const std::string word = words.substr(0, words.find(','));
      const std::uint64_t size = parse_whole_number(option, word, 0, most_tokens);
      if (size > 0) sizes.push_back(size);
    }
  }
  if (!arguments.has(option)) sizes.push_back(otherwise);
  return sizes;
}

BenchOrder chosen_order(const Arguments& arguments) {
  BenchOrder order;
  order.prompts = chosen_sizes(arguments, "-p", 512);
  order.texts = chosen_sizes(arguments, "-n", 128);
  if (order.prompts.empty() && order.texts.empty()) throw UsageError("-p 0 and -n 0 leave nothing to measure");
  order.warm_up = arguments.whole_number("--warm-up", 1, 0, 1'000);
  order.repetitions = arguments.whole_number("--repetitions", 5, 1, 100'000);
  const std::vector<std::string> names{"md", "csv", "json", "jsonl"};
  const std::string name = arguments.text("--output").value_or("md");
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw UsageError("--output " + name + ": expected md, csv, json or jsonl");
  order.format = static_cast<TableFormat>(found - names.begin());
  return order;
}

// Which tokens are read makes no difference to the time; they are all of the vocabulary, one after the other.
std::uint32_t token_at(std::uint64_t index, const RwkvModel& model) {
  return static_cast<std::uint32_t>((index * 7919 + 1) % model.vocabulary());
}

double measure_prompt(RwkvSession& session, std::uint64_t count) {
  std::vector<std::uint32_t> tokens;
  for (std::uint64_t i = 0; i < count; ++i) tokens.push_back(token_at(i, session.model()));
  session.reset();
  const auto start = std::chrono::steady_clock::now();
  session.prefill(tokens);
  session.logits();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double measure_text(RwkvSession& session, std::uint64_t count) {
  session.reset();
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    session.decode(token_at(i, session.model()));
    session.logits();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

BenchRow row_for(const LoadedModel& loaded, const Arguments& arguments) {
  BenchRow row;
  const auto contexts = loaded.model.contexts();
  for (const LoadedContext* context : contexts) row.bytes += context->metadata().binary_bytes;
  const std::filesystem::path path = chosen_model(arguments);
  row.model = (path.has_filename() ? path : path.parent_path()).filename().string();
  const std::uint32_t id = contexts.front()->metadata().soc_id;
  const Soc* soc = find_soc(id);
  row.soc = soc != nullptr ? std::string(soc->name) : id != 0 ? std::to_string(id) : "";
  row.backend = loaded.library.backend();
  row.is_emulated = loaded.device.is_emulated();
  return row;
}

int run(const Arguments& arguments, const QuietStdout& out) {
  const BenchOrder order = chosen_order(arguments);
  LoadedModel loaded(arguments);
  if (loaded.device.is_emulated()) std::fputs("emulator: these times are of this machine, not of a phone\n", stderr);
  std::vector<BenchRow> rows;
  const auto measure = [&](BenchRow row, const auto& once) {
    for (std::uint64_t i = 0; i < order.warm_up; ++i) once();
    for (std::uint64_t i = 0; i < order.repetitions; ++i) row.seconds.push_back(once());
    rows.push_back(row);
  };
  for (const std::uint64_t size : order.prompts) {
    BenchRow row = row_for(loaded, arguments);
    row.prompt_tokens = size;
    measure(row, [&] { return measure_prompt(loaded.session, size); });
  }
  for (const std::uint64_t size : order.texts) {
    BenchRow row = row_for(loaded, arguments);
    row.generated_tokens = size;
    measure(row, [&] { return measure_text(loaded.session, size); });
  }
  out.write(format_bench(rows, order.format));
  return 0;
}

}   // namespace

Command bench_command() {
  return {"bench",
          "how many tokens a second are read and written, with the spread of several runs",
          "rwkv-run bench models/mine -p 128,512 -n 128 --repetitions 5 --output md",
          R"(rwkv-run bench model_chunk1of2.bin --qnn-libs onnxruntime_qnn -p 512 -n 0 --output csv

pp512 reads a prompt of 512 tokens, in blocks where the contexts have graphs for that; tg128 writes 128 tokens, one by
one with their logits and without choosing among them. Each test starts from a fresh state. The figures are mean ±
standard deviation; those of the emulator are labelled and say nothing about a phone.
)",
          runs_a_model,
          {{"-p", "SIZES", "lengths of prompts, such as 128,512; 0 for none; default 512", true},
           {"-n", "SIZES", "lengths of texts; 0 for none; default 128", true},
           {"--warm-up", "N", "runs of each test that don't count, before it; default 1"},
           {"--repetitions", "N", "runs that count; default 5"},
           {"--output", "FORMAT", "md (default), csv, json or jsonl, to stdout"}},
          1,
          run};
}

}   // namespace rwkv
