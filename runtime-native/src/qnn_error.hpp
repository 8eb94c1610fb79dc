// QNN's numeric errors in words.
#pragma once

#include <string>

#include "qnn_functions.hpp"

namespace rwkv {

/// What a QNN error code means and what to try, for the codes that users meet.
struct QnnErrorWords {
  std::string cause;
  std::string hint;
};

QnnErrorWords describe_qnn_error(qnn::Error error);

/// Does nothing on success; else throws Failure (backend) about `subject`: "<doing> failed: <words> (QNN error N: log)".
void check_qnn(qnn::Error error, const std::string& subject, const std::string& doing);

}   // namespace rwkv
