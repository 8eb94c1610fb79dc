#include "qnn_error.hpp"

#include <array>

#include "failure.hpp"
#include "qnn_log.hpp"

namespace rwkv {
namespace {

struct Row {
  qnn::Error code;
  const char* cause;
  const char* hint;
};

// Observed with the HTP backend of QAIRT 2.51. Thousands name the part: 1 common, 2 property, 3 op package, 4 backend,
// 5 context, 6 graph, 14 device.
constexpr std::array rows{
    Row{1000, "not supported on this platform",
        "a context with shared weights can't be loaded by the x86-64 emulator: build one without sharing"},
    // Composing and compiling report this for an operation that the SoC can't do, too.
    Row{1002, "an operation that this SoC can't do, or too little memory",
        "float operations need a SoC with fp16 (HTP v69 or later, but not SM8635 and SM8735), else the precision "
        "a16w8-int; a large model needs more chunks"},
    Row{3110, "an operation can't run on this SoC with this precision",
        "choose a SoC with fp16 support, or the precision a16w8-int"},
    Row{4000, "the backend can't start on this machine",
        "the aarch64 backend needs a Snapdragon; on other machines use the x86-64 libraries"},
    Row{5005, "the context can't be created from this binary",
        "the file may be damaged or made for another SoC: build it again"},
    Row{14001, "an unknown SoC or device setting", "check the SoC id"},
};

const char* part_of(qnn::Error error) {
  switch (error / 1000) {
    case 1:
      return "a common error";
    case 2:
      return "a property error";
    case 3:
      return "an error of the op package";
    case 4:
      return "an error of the backend";
    case 5:
      return "an error of the context";
    case 6:
      return "an error of the graph";
    case 7:
      return "an error of a tensor";
    case 14:
      return "an error of the device";
    default:
      return "an unknown error";
  }
}

}   // namespace

QnnErrorWords describe_qnn_error(qnn::Error error) {
  // The upper half of the number is for the backend's own use.
  const qnn::Error code = error & 0xffffffffu;
  for (const Row& row : rows) {
    if (row.code == code) return {row.cause, row.hint};
  }
  return {part_of(code), "run again with --verbose to see QNN's own log"};
}

void check_qnn(qnn::Error error, const std::string& subject, const std::string& doing) {
  if (error == qnn::success) return;
  const QnnErrorWords words = describe_qnn_error(error);
  const std::string log = take_qnn_log_errors();
  throw Failure(FailureKind::backend, subject,
                doing + " failed: " + words.cause + " (QNN error " + std::to_string(error & 0xffffffffu) +
                    (log.empty() ? ")" : ", which logged: " + log + ")"),
                words.hint);
}

}   // namespace rwkv
