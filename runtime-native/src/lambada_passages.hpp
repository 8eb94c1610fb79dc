// LAMBADA: passages of which a model is to say the last word (Paperno et al., arXiv:1606.06031).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rwkv {

struct LambadaPassage {
  std::string context;     // up to the last word, without the space between
  std::string last_word;   // with that space before it
};

/// Splits a passage at its last space; spaces behind it don't count. Throws std::invalid_argument for less than two
/// words.
LambadaPassage split_passage(std::string_view text);

/// Of a file with {"text": "…"} on each line; empty lines don't count. Throws Failure (format) that names the line.
std::vector<LambadaPassage> read_lambada(const std::filesystem::path& file);

}   // namespace rwkv
