// QNN's numeric errors and its log in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qnn_functions.hpp"

namespace rwkv {

/// What went wrong and what to try.
struct QnnErrorWords {
  std::string cause;
  std::string hint;
  std::string line;   // of the log, that tells it; "" where the number alone does
};

/// The table's words for an error and what was logged with it (`error` may be 0, for a log without a number).
std::optional<QnnErrorWords> explain_qnn_error(qnn::Error error, const std::vector<std::string>& log);

/// Does nothing on success; else throws Failure (backend) about `subject`: "<doing> failed: <words> (QNN error N: log)".
void check_qnn(qnn::Error error, const std::string& subject, const std::string& doing);

}   // namespace rwkv
