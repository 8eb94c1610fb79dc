// How a conversation is written for RWKV's World models: "User: …", a blank line, "Assistant: …".
#pragma once

#include <string>
#include <string_view>

namespace rwkv::chat {

/// What follows an answer, and so ends one.
inline constexpr std::string_view end_of_answer = "\n\nUser:";

/// A turn as the models were trained on it: no space around it, lines end with \n, and no blank lines, since those
/// separate turns.
std::string clean_turn(std::string_view text);

/// What a conversation begins with, up to the user's first turn: "System: …\n\nUser:", or "User:" without `system`.
std::string opening(std::string_view system);

/// What is fed behind "User:" for an answer: " …\n\nAssistant:".
std::string question(std::string_view message);

}   // namespace rwkv::chat
