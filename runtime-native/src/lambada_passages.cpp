#include "lambada_passages.hpp"

#include <stdexcept>

#include "failure.hpp"
#include "json_text_field.hpp"
#include "mapped_file.hpp"

namespace rwkv {

LambadaPassage split_passage(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  const auto space = end == std::string_view::npos ? end : text.find_last_of(' ', end);
  if (space == std::string_view::npos || space == 0) throw std::invalid_argument("has less than two words");
  return {std::string(text.substr(0, space)), std::string(text.substr(space, end + 1 - space))};
}

std::vector<LambadaPassage> read_lambada(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  std::string_view rest = mapped.text();
  std::vector<LambadaPassage> passages;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      passages.push_back(split_passage(json_text_field(text, "text")));
    } catch (const std::invalid_argument& error) {
      throw Failure(FailureKind::format, file.string() + ":" + std::to_string(line), error.what(),
                    R"(each line is an object such as {"text": "… the last word"})");
    }
  }
  if (passages.empty()) {
    throw Failure(FailureKind::format, file.string(), "has no passages",
                  R"(each line is an object such as {"text": "… the last word"})");
  }
  return passages;
}

}   // namespace rwkv
