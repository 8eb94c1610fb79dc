#include "tokenizer.hpp"

#include <array>

#include "argument_parser.hpp"
#include "failure.hpp"
#include "music_tokenizers.hpp"
#include "world_tokenizer.hpp"

namespace rwkv {
namespace {

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i);
  }

  std::vector<std::uint32_t> encode(std::string_view text) const override {
    std::vector<std::uint32_t> tokens;
    tokens.reserve(text.size());
    for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
    return tokens;
  }

  std::string_view bytes_of(std::uint32_t token) const override {
    // 0 ends a document, as in RWKV's other vocabularies.
    if (token == 0 || token >= bytes_.size()) return {};
    return {&bytes_[token], 1};
  }

 private:
  std::array<char, 256> bytes_{};
};

}   // namespace

std::unique_ptr<Tokenizer> open_tokenizer(std::string_view name) {
  constexpr std::string_view world = "world:";
  if (name == "byte") return std::make_unique<ByteTokenizer>();
  if (name == "abc") return std::make_unique<AbcTokenizer>();
  if (name == "midi") return std::make_unique<MidiTokenizer>();
  if (name.starts_with(world) && name.size() > world.size()) {
    return std::make_unique<WorldTokenizer>(std::filesystem::path(name.substr(world.size())));
  }
  const std::string meant = closest_word(name.substr(0, name.find(':')), {"byte", "world", "abc", "midi"});
  throw Failure(FailureKind::argument, "tokenizer '" + std::string(name) + "'",
                "is unknown" + (meant.empty() ? "" : "; did you mean '" + meant + "'?"),
                "use byte, abc, midi, or world:FILE with the path of rwkv_vocab_v20230424.txt");
}

std::unique_ptr<Tokenizer> open_tokenizer(const ModelFiles& files) {
  if (files.tokenizer.empty()) {
    throw Failure(FailureKind::argument, files.chunks.front().name(), "has nothing beside it that names its tokenizer",
                  "give one: byte, abc, midi, or world:FILE with the path of rwkv_vocab_v20230424.txt");
  }
  if (files.tokenizer != "world") return open_tokenizer(files.tokenizer);
  if (files.vocabulary) return std::make_unique<WorldTokenizer>(*files.vocabulary);
  throw Failure(FailureKind::file, files.chunks.front().name(),
                "has no vocabulary.txt beside it for its tokenizer, world",
                "put rwkv_vocab_v20230424.txt there under that name");
}

}   // namespace rwkv
