#include "bench_table.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

// 20, 25 and 50 tokens/s.
const BenchRow prompt{"mine, \"small\"", 3 * 1024 * 1024, "SM8650", Backend::htp, true, 100, 0, {5, 4, 2}};
const BenchRow text{"mine, \"small\"", 3 * 1024 * 1024, "SM8650", Backend::htp, false, 0, 8, {2}};

}   // namespace

TEST("a speed is the mean of the repetitions with the deviation of a sample") {
  CHECK_EQUAL(mean({20, 25, 50}), 95.0 / 3);
  CHECK(standard_deviation({20, 25, 50}) > 16.07 && standard_deviation({20, 25, 50}) < 16.08);
  CHECK_EQUAL(standard_deviation({7}), 0.0);
  CHECK_EQUAL(prompt.test() + text.test(), "pp100tg8");
}

TEST("a table in Markdown lines up and says what was emulated") {
  CHECK_EQUAL(format_bench({prompt, text}, TableFormat::md),
              "| model         |  MiB | SoC    | device                | test  |      tokens/s |\n"
              "|---------------|-----:|--------|-----------------------|-------|--------------:|\n"
              "| mine, \"small\" | 3.00 | SM8650 | emulator, not a phone | pp100 | 31.67 ± 16.07 |\n"
              "| mine, \"small\" | 3.00 | SM8650 | HTP                   | tg8   |   4.00 ± 0.00 |\n");
}

TEST("a table in CSV quotes its texts") {
  CHECK_EQUAL(
      format_bench({prompt}, TableFormat::csv),
      "model,context_bytes,soc,backend,emulated,test,prompt_tokens,generated_tokens,repetitions,tokens_per_second,"
      "tokens_per_second_deviation\n"
      "\"mine, \"\"small\"\"\",3145728,\"SM8650\",htp,true,pp100,100,0,3,31.6667,16.0728\n");
}

TEST("JSON has all rows in a list, JSON lines have one each") {
  const std::string lines = format_bench({text, text}, TableFormat::jsonl);
  const std::string line =
      R"({"model": "mine, \"small\"", "context_bytes": 3145728, "soc": "SM8650", "backend": "htp", "emulated": false, "test": "tg8", )"
      R"("prompt_tokens": 0, "generated_tokens": 8, "repetitions": 1, "tokens_per_second": 4, )"
      R"("tokens_per_second_deviation": 0, "seconds": [2]})"
      "\n";
  CHECK_EQUAL(lines, line + line);
  const std::string document = format_bench({text}, TableFormat::json);
  CHECK(document.starts_with("[\n  {\n") && document.ends_with("  }\n]\n"));
}
