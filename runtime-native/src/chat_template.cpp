#include "chat_template.hpp"

namespace rwkv::chat {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}   // namespace

std::string clean_turn(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::string cleaned;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n' && cleaned.ends_with('\n')) continue;
    cleaned += c;
  }
  return cleaned;
}

std::string opening(std::string_view system) {
  const std::string cleaned = clean_turn(system);
  return (cleaned.empty() ? "" : "System: " + cleaned + "\n\n") + "User:";
}

std::string question(std::string_view message) { return " " + clean_turn(message) + "\n\nAssistant:"; }

}   // namespace rwkv::chat
