// rwkv-run tokenize: text to token ids and back.
#include <cstdio>

#include "common_options.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "run_report.hpp"

namespace rwkv {
namespace {

std::string chosen_text(const Arguments& arguments) {
  const bool has_file = arguments.has("--file"), has_word = !arguments.words().empty();
  if (has_file == has_word) throw UsageError(has_file ? "give either a text or --file" : "the text is missing");
  if (has_word) return arguments.words().front();
  const MappedFile file{std::filesystem::path(arguments.required_text("--file"))};
  return std::string(file.text());
}

// "72 105" or "72,105".
std::vector<std::uint32_t> parse_ids(const std::string& text) {
  constexpr const char* between = " ,\t\n";
  std::vector<std::uint32_t> ids;
  for (std::size_t at = text.find_first_not_of(between); at != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(between, at), text.size());
    const std::string word = text.substr(at, end - at);
    ids.push_back(static_cast<std::uint32_t>(parse_whole_number("--decode", word, 0, UINT32_MAX)));
    at = text.find_first_not_of(between, end);
  }
  return ids;
}

std::string join(const std::vector<std::uint32_t>& ids) {
  std::string text;
  for (const std::uint32_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text + "\n";
}

int run(const Arguments& arguments, const QuietStdout& out) {
  const auto tokenizer = open_tokenizer(arguments.required_text("--tokenizer"));
  std::vector<std::uint32_t> ids;
  std::string text, shown;
  if (const auto decoded = arguments.text("--decode")) {
    if (arguments.has("--file") || !arguments.words().empty())
      throw UsageError("--decode takes the ids as its value, and no text");
    ids = parse_ids(*decoded);
    for (const std::uint32_t id : ids) text += tokenizer->bytes_of(id);
    shown = text + "\n";
  } else {
    text = chosen_text(arguments);
    ids = tokenizer->encode(text);
    shown = join(ids);
  }
  if (arguments.has("--count")) shown = std::to_string(ids.size()) + "\n";
  JsonWriter json;
  json.begin_object();
  json.field("text", text);
  json.field("count", std::uint64_t{ids.size()});
  json.key("tokens");
  json.begin_array();
  for (const std::uint32_t id : ids) json.integer(std::uint64_t{id});
  json.end_array();
  json.end_object();
  if (!json_goes_to_stdout(arguments)) out.write(shown);
  deliver_json(arguments, out, json);
  return 0;
}

}   // namespace

Command tokenize_command() {
  return {"tokenize",
          "text to token ids and back",
          "rwkv-run tokenize --tokenizer world:rwkv_vocab_v20230424.txt \"The Eiffel tower\"",
          R"(rwkv-run tokenize --tokenizer world:rwkv_vocab_v20230424.txt --decode "33155 45"
rwkv-run tokenize --tokenizer byte --file heldout.txt --count

No model is needed. What begins a text is not among the ids.
)",
          takes_tokenizer | takes_json,
          {{"--file", "FILE", "the text, where it isn't the first word"},
           {"--decode", "IDS", "the text of these ids instead; spaces or commas between them"},
           {"--count", "", "only how many tokens there are"}},
          1,
          run};
}

}   // namespace rwkv
