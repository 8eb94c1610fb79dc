#include "text_stream.hpp"

#include <algorithm>
#include <string_view>

namespace rwkv {
namespace {

// How much of the text's end may be the beginning of a stop string.
std::size_t possible_stop(std::string_view text, std::string_view stop) {
  for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
    if (text.ends_with(stop.substr(0, length))) return length;
  }
  return 0;
}

}   // namespace

TextStream::TextStream(const Tokenizer& tokenizer, std::vector<std::string> stops)
    : tokenizer_(tokenizer), stops_(std::move(stops)) {
  std::erase(stops_, "");
}

const std::string& TextStream::push(std::uint32_t token) {
  given_.clear();
  if (has_stopped_) return given_;
  held_ += characters_.push(tokenizer_.bytes_of(token));
  release();
  return given_;
}

const std::string& TextStream::finish() {
  given_.clear();
  if (has_stopped_) return given_;
  held_ += characters_.finish();
  release();
  given_ += held_;
  held_.clear();
  return given_;
}

// Gives what is certain of the text that is held.
void TextStream::release() {
  std::size_t certain = held_.size(), end = std::string::npos;
  for (const std::string& stop : stops_) {
    end = std::min(end, held_.find(stop));
    certain = std::min(certain, held_.size() - possible_stop(held_, stop));
  }
  has_stopped_ = end != std::string::npos;
  given_.assign(held_, 0, has_stopped_ ? end : certain);
  held_.erase(0, has_stopped_ ? held_.size() : certain);
}

}   // namespace rwkv
