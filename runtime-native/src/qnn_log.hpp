// Collects what QNN's libraries log, so that an error message can carry their own explanation.
#pragma once

#include <string>
#include <vector>

#include "qnn_functions.hpp"

namespace rwkv {

/// Give this to QNN as its log callback. QNN passes no user pointer, so the collected lines are the process's.
void collect_qnn_log(const char* format, std::uint32_t level, std::uint64_t timestamp, std::va_list arguments);

/// From now on every line is also written to stderr.
void show_qnn_log();

/// True after show_qnn_log().
bool qnn_log_is_shown();

/// The error lines logged since the last call, each once in a row and shortened.
std::vector<std::string> take_qnn_log_errors();

}   // namespace rwkv
