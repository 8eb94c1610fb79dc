// Command lines of the form --name value and plain words, with help and "did you mean".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rwkv {

/// The command line itself is wrong: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OptionDescription {
  std::string name;         // "--soc-id"
  std::string value_name;   // "ID"; empty for an option without a value
  std::string help;
  bool repeatable = false;
};

class Arguments {
 public:
  /// Takes `--name value` and `--name=value`, and up to `most_words` plain words; all are plain behind `--`. Throws
  /// UsageError for unknown options (with the closest known one), for a missing or a surplus value, for an option given
  /// twice that isn't repeatable and for a surplus word.
  Arguments(const std::vector<OptionDescription>& options, int count, const char* const* words,
            std::size_t most_words = 0);

  bool has(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  /// All values of a repeatable option, in the order in which they were given.
  std::vector<std::string> texts(std::string_view name) const;
  /// Those that are neither options nor their values.
  const std::vector<std::string>& words() const { return words_; }
  /// Throws UsageError naming the option when it wasn't given.
  std::string required_text(std::string_view name) const;
  /// A whole number within [low, high]; `otherwise` when it wasn't given. Throws UsageError.
  std::uint64_t whole_number(std::string_view name, std::uint64_t otherwise, std::uint64_t low,
                             std::uint64_t high) const;
  /// A decimal number within [low, high]; `otherwise` when it wasn't given. Throws UsageError.
  double decimal_number(std::string_view name, double otherwise, double low, double high) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;   // by option; never empty
  std::vector<std::string> words_;
};

/// A whole number within [low, high]; `name` is what it was given for. Throws UsageError.
std::uint64_t parse_whole_number(std::string_view name, const std::string& text, std::uint64_t low, std::uint64_t high);

/// The options, one a line, with their explanations in a column.
std::string format_options(const std::vector<OptionDescription>& options);

/// The word in `known` with the fewest edits from `word`, or "" when none is near enough to be meant.
std::string closest_word(std::string_view word, const std::vector<std::string>& known);

}   // namespace rwkv
