// What commands that ran a model tell at their end.
#pragma once

#include <cstdio>
#include <string>

#include "common_options.hpp"
#include "json_writer.hpp"

namespace rwkv {

/// snprintf's formats, as text.
template <typename... Values>
std::string format_line(const char* format, Values... values) {
  char line[200];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

/// "Load: 1.23 s", the first line of every summary.
std::string format_load(const LoadedModel& loaded);

/// The fields of --json that are the same after every run: times, libraries, contexts, sizes.
void write_run_facts(JsonWriter& json, const LoadedModel& loaded);

/// Whether --json asks for stdout, where nothing else may then go.
bool json_goes_to_stdout(const Arguments& arguments);

/// Writes the document where --json says, if it says so. Throws Failure (file).
void deliver_json(const Arguments& arguments, const QuietStdout& out, JsonWriter& json);

}   // namespace rwkv
