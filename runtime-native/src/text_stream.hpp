// Tokens become text as they come: whole characters, and nothing from a stop string on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenizer.hpp"
#include "utf8_stream.hpp"

namespace rwkv {

class TextStream {
 public:
  /// `tokenizer` must outlive the stream. Empty stop strings are none.
  TextStream(const Tokenizer& tokenizer, std::vector<std::string> stops);

  /// The text that is certain now: valid UTF-8, without what may yet become a character or a stop string. Empty once
  /// the stream has stopped. Valid until the next call.
  const std::string& push(std::uint32_t token);

  /// What was held back until now. Valid until the next call.
  const std::string& finish();

  /// Whether a stop string has come.
  bool has_stopped() const { return has_stopped_; }

 private:
  void release();

  const Tokenizer& tokenizer_;
  std::vector<std::string> stops_;
  Utf8Stream characters_;
  std::string held_;
  std::string given_;   // by the last call
  bool has_stopped_ = false;
};

}   // namespace rwkv
