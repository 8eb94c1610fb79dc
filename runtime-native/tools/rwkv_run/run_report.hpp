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

/// Whether --json asks for stdout, where nothing else may then go.
bool json_goes_to_stdout(const Arguments& arguments);

/// Writes the document where --json says, if it says so. Throws Failure (file).
void deliver_json(const Arguments& arguments, const QuietStdout& out, JsonWriter& json);

/// The end of a command that ran a model: "Load: 1.23 s" and the summary to stderr; the object that `json` has begun
/// gets what is the same after every run, times, libraries, contexts and sizes, and is delivered. Throws Failure (file).
void deliver_run(const Arguments& arguments, const QuietStdout& out, const LoadedModel& loaded,
                 const std::string& summary, JsonWriter& json);

}   // namespace rwkv
