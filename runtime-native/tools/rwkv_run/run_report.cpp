#include "run_report.hpp"

#include <filesystem>

#include "failure.hpp"
#include "output_file.hpp"
#include "process_memory.hpp"

namespace rwkv {

namespace {

void write_run_facts(JsonWriter& json, const LoadedModel& loaded) {
  const auto contexts = loaded.model.contexts();
  json.field("load_seconds", loaded.load_seconds);
  json.key("qnn");
  json.begin_object();
  json.field("backend", facts_of(loaded.library.backend()).name);
  json.field("build_id", loaded.library.build_id());
  json.field("core_api", to_string(loaded.library.functions().core_api));
  json.field("backend_api", to_string(loaded.library.functions().backend_api));
  json.end_object();
  json.key("contexts");
  json.begin_array();
  for (const LoadedContext* context : contexts) {
    json.begin_object();
    json.field("file", std::filesystem::path(context->name()).filename().string());
    json.field("bytes", context->metadata().binary_bytes);
    json.field("build_id", context->metadata().build_id);
    json.end_object();
  }
  json.end_array();
  const SessionStatistics session = loaded.session.statistics();
  json.field("tensor_bytes", std::uint64_t{session.tensor_bytes});
  json.field("shared_tensors", std::uint64_t{session.shared_tensors});
  json.field("spill_fill_bytes", loaded.model.spill_fill_bytes());
  json.key("shares_spill_fill"), json.boolean(loaded.model.shares_spill_fill());
  json.key("has_performance_vote"), json.boolean(loaded.power.has_voted());
  json.field("soc_id", std::uint64_t{contexts.front()->metadata().soc_id});
  json.field("layers", std::uint64_t{loaded.model.layers()});
  json.field("prefill_tokens", std::uint64_t{loaded.model.prefill_tokens()});
  json.field("sequences", std::uint64_t{loaded.model.sequences()});
  json.field("vocabulary", std::uint64_t{loaded.model.vocabulary()});
  json.field("peak_rss_bytes", peak_memory_bytes());
}

}   // namespace

std::string format_load(const LoadedModel& loaded) { return format_line("Load: %.2f s\n", loaded.load_seconds); }

bool json_goes_to_stdout(const Arguments& arguments) { return arguments.text("--json") == "-"; }

void deliver_json(const Arguments& arguments, const QuietStdout& out, JsonWriter& json) {
  const auto file = arguments.text("--json");
  if (!file) return;
  const std::string document = json.take();
  if (*file != "-") {
    write_output_file(*file, document);
  } else if (!out.write(document)) {
    throw Failure(FailureKind::file, "stdout", "can't be written", "check the pipe and the space on the disk");
  }
}

void deliver_run(const Arguments& arguments, const QuietStdout& out, const LoadedModel& loaded,
                 const std::string& summary, JsonWriter& json) {
  write_run_facts(json, loaded);
  json.end_object();
  std::fputs((format_load(loaded) + summary).c_str(), stderr);
  deliver_json(arguments, out, json);
}

}   // namespace rwkv
