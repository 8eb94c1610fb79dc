#include "qnn_log.hpp"

#include <atomic>
#include <cstdio>
#include <deque>
#include <mutex>

namespace rwkv {
namespace {

constexpr std::size_t kept_lines = 64;
constexpr std::size_t line_bytes = 500;

std::mutex lock;
std::deque<std::string> errors;
std::atomic<bool> shown = false;

// Logged at every graph creation, as an error, though nothing is wrong.
bool is_harmless(const std::string& line) { return line.find("GraphHtpSettings option 66") != std::string::npos; }

// QNN's lines come as " <E> words\n".
std::string without_decoration(std::string line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  line.erase(0, line.find_first_not_of(' '));
  if (line.size() > 4 && line[0] == '<' && line.compare(2, 2, "> ") == 0) line.erase(0, 4);
  return line;
}

}   // namespace

void collect_qnn_log(const char* format, std::uint32_t level, std::uint64_t, std::va_list arguments) {
  char text[line_bytes];
  std::vsnprintf(text, sizeof text, format, arguments);
  std::string line = without_decoration(text);
  if (shown) std::fprintf(stderr, "qnn: %s\n", line.c_str());
  if (level != static_cast<std::uint32_t>(qnn::LogLevel::error) || line.empty() || is_harmless(line)) return;

  const std::lock_guard guard(lock);
  if (!errors.empty() && errors.back() == line) return;
  errors.push_back(std::move(line));
  if (errors.size() > kept_lines) errors.pop_front();
}

void show_qnn_log() { shown = true; }

bool qnn_log_is_shown() { return shown; }

std::vector<std::string> take_qnn_log_errors() {
  const std::lock_guard guard(lock);
  std::vector<std::string> taken(errors.begin(), errors.end());
  errors.clear();
  return taken;
}

}   // namespace rwkv
