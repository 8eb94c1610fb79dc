// Text ↔ tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model_files.hpp"

namespace rwkv {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::vector<std::uint32_t> encode(std::string_view text) const = 0;

  /// The bytes of one token, which may be part of a character; empty for ids without text.
  virtual std::string_view bytes_of(std::uint32_t token) const = 0;

  /// What is fed before a text, and what the model ends one with.
  virtual std::uint32_t begin() const { return 0; }
  virtual std::uint32_t end() const { return 0; }
};

/// `name` is "byte" (token = byte), "world:FILE" (RWKV's World vocabulary), or "abc" or "midi" for the music models.
/// Throws Failure (argument) for other names, (file) and (format) for a vocabulary that is missing or damaged.
std::unique_ptr<Tokenizer> open_tokenizer(std::string_view name);

/// The model's own, where its files say which. Throws Failure (argument) where they don't, or as open_tokenizer() does.
std::unique_ptr<Tokenizer> open_tokenizer(const ModelFiles& files);

}   // namespace rwkv
