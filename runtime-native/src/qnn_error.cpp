// GCC 12 takes std::regex's own moves for uses of uninitialised memory where the sanitizers keep it from inlining.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "qnn_error.hpp"

#include <algorithm>
#include <regex>

#include "failure.hpp"
#include "qnn_error_rows.hpp"
#include "qnn_log.hpp"

namespace rwkv {
namespace {

constexpr std::size_t shown_lines = 4;   // the last ones: QNN repeats itself on the way up

// Thousands name the part.
const char* part_of(std::uint32_t code) {
  switch (code / 1000) {
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

std::string operation_at_fault(const QnnErrorRow& row, const std::vector<std::string>& log) {
  if (*row.operation == '\0') return "";
  const std::regex pattern(row.operation);
  std::smatch groups;
  for (const std::string& line : log) {
    if (std::regex_search(line, groups, pattern)) return " (operation `" + groups[1].str() + "`)";
  }
  return "";
}

// "{1}" and "{2}" in a row's texts stand for the groups of its pattern.
std::string filled(const char* text, const std::smatch& groups) {
  std::string result = text;
  for (std::size_t group = 1; group < 3; ++group) {
    const std::string mark = "{" + std::to_string(group) + "}";
    for (std::size_t at = result.find(mark); at != std::string::npos; at = result.find(mark)) {
      result.replace(at, mark.size(), group < groups.size() ? groups[group].str() : "");
    }
  }
  return result;
}

std::optional<QnnErrorWords> words_of(const QnnErrorRow& row, std::uint32_t code, const std::vector<std::string>& log) {
  const auto [first, second] = row.codes;
  if (first != 0 && code != first && (second == 0 || code != second)) return {};
  if (*row.log == '\0') return QnnErrorWords{row.cause, row.hint, ""};
  const std::regex pattern(row.log);
  std::smatch groups;
  for (const std::string& line : log) {
    if (std::regex_search(line, groups, pattern)) {
      return QnnErrorWords{filled(row.cause, groups) + operation_at_fault(row, log), filled(row.hint, groups), line};
    }
  }
  return {};
}

// The line that tells the cause, and what came last.
std::string shown(const std::vector<std::string>& log, const std::string& telling) {
  std::vector<std::string> lines(log.end() - static_cast<std::ptrdiff_t>(std::min(log.size(), shown_lines)), log.end());
  if (!telling.empty() && std::find(lines.begin(), lines.end(), telling) == lines.end()) lines.front() = telling;
  std::string joined;
  for (const std::string& line : lines) joined += (joined.empty() ? "" : "; ") + line;
  return joined;
}

}   // namespace

std::optional<QnnErrorWords> explain_qnn_error(qnn::Error error, const std::vector<std::string>& log) {
  // The upper half of the number is for the backend's own use.
  const auto code = static_cast<std::uint32_t>(error & 0xffffffffu);
  for (const QnnErrorRow& row : qnn_error_rows) {
    if (auto words = words_of(row, code, log)) return words;
  }
  return {};
}

void check_qnn(qnn::Error error, const std::string& subject, const std::string& doing) {
  if (error == qnn::success) return;
  const auto code = static_cast<std::uint32_t>(error & 0xffffffffu);
  const std::vector<std::string> log = take_qnn_log_errors();
  const QnnErrorWords words =
      explain_qnn_error(error, log)
          .value_or(QnnErrorWords{part_of(code), "run again with --verbose to see QNN's own log", ""});
  throw Failure(FailureKind::backend, subject,
                doing + " failed: " + words.cause + " (QNN error " + std::to_string(code) +
                    (log.empty() ? ")" : ", which logged: " + shown(log, words.line) + ")"),
                words.hint);
}

}   // namespace rwkv
