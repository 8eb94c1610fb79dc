#include "argument_parser.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace rwkv {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string plain(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

[[noreturn]] void refuse_unknown(const std::string& name, const std::vector<OptionDescription>& options) {
  std::vector<std::string> names;
  for (const OptionDescription& option : options) names.push_back(option.name);
  const std::string meant = closest_word(name, names);
  throw UsageError(name + ": unknown option" + (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

}   // namespace

std::string closest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    // A beginning ("--soc" for "--soc-id") is nearer than any typing error.
    const std::size_t distance = candidate.starts_with(word) ? 1 : edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Arguments::Arguments(const std::vector<OptionDescription>& options, int count, const char* const* words,
                     std::size_t most_words) {
  bool only_words = false;
  for (int i = 1; i < count; ++i) {
    std::string name = words[i];
    std::optional<std::string> value;
    if (name == "--" && !only_words) {
      only_words = true;
      continue;
    }
    if (only_words || !name.starts_with("-")) {
      if (words_.size() == most_words) throw UsageError("'" + name + "': unexpected argument; options start with --");
      words_.push_back(std::move(name));
      continue;
    }
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto option = std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == name; });
    if (option == options.end()) refuse_unknown(name, options);
    if (option->value_name.empty() && value) throw UsageError(name + " takes no value");
    if (!option->value_name.empty() && !value) {
      // An option in the value's place means that the value was forgotten (or that a shell variable was empty).
      const bool forgotten = i + 1 == count || std::any_of(options.begin(), options.end(),
                                                           [&](const auto& o) { return o.name == words[i + 1]; });
      if (forgotten) throw UsageError(name + " needs a value: " + name + " " + option->value_name);
      value = words[++i];
    }
    auto& values = values_[name];
    if (!values.empty() && !option->repeatable) throw UsageError(name + " is given twice");
    values.push_back(value.value_or(""));
  }
}

bool Arguments::has(std::string_view name) const { return values_.contains(name); }

std::optional<std::string> Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return found->second.front();
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return found->second;
}

std::string Arguments::required_text(std::string_view name) const {
  const auto value = text(name);
  if (!value || value->empty()) throw UsageError(std::string(name) + " is missing");
  return *value;
}

std::uint64_t parse_whole_number(std::string_view name, const std::string& text, std::uint64_t low,
                                 std::uint64_t high) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  errno = 0;
  const unsigned long long number = digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
  if (!digits || errno != 0 || number < low || number > high) {
    throw UsageError(std::string(name) + " " + text + ": expected a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  return number;
}

std::uint64_t Arguments::whole_number(std::string_view name, std::uint64_t otherwise, std::uint64_t low,
                                      std::uint64_t high) const {
  const auto value = text(name);
  return value ? parse_whole_number(name, *value, low, high) : otherwise;
}

double Arguments::decimal_number(std::string_view name, double otherwise, double low, double high) const {
  const auto value = text(name);
  if (!value) return otherwise;
  char* end = nullptr;
  const double number = std::strtod(value->c_str(), &end);
  if (value->empty() || *end != '\0' || !std::isfinite(number) || number < low || number > high) {
    throw UsageError(std::string(name) + " " + *value + ": expected a number from " + plain(low) + " to " +
                     plain(high));
  }
  return number;
}

std::string format_options(const std::vector<OptionDescription>& options) {
  std::size_t width = 0;
  const auto heading = [](const OptionDescription& option) {
    return option.value_name.empty() ? option.name : option.name + " " + option.value_name;
  };
  for (const OptionDescription& option : options) width = std::max(width, heading(option).size());
  std::string text;
  for (const OptionDescription& option : options) {
    std::string line = "  " + heading(option);
    line.resize(width + 4, ' ');
    text += line + option.help + "\n";
  }
  return text;
}

}   // namespace rwkv
