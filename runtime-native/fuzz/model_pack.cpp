// A pack opened as a model is, each time also with the digests that its bytes should have.
#include "model_pack.hpp"

#include <unistd.h>

#include <cstring>
#include <fstream>

#include "failure.hpp"
#include "mapped_file.hpp"
#include "property.hpp"
#include "tokenizer.hpp"

using namespace rwkv;

namespace {

// In memory, where there is such a file system, and of this process: several may run.
const std::filesystem::path& pack_file() {
  static const std::filesystem::path file = std::filesystem::path(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") /
                                            ("rwkv-fuzz-" + std::to_string(getpid()) + ".rwkvpack");
  static const int removed = std::atexit([] { std::filesystem::remove(file); });
  static_cast<void>(removed);
  return file;
}

void open(std::span<const std::byte> bytes) {
  const auto& file = pack_file();
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  try {
    const ModelFiles files = find_model_files(file);
    must_hold(!files.chunks.empty(), "a model has chunks");
    for (const FileRange& chunk : files.chunks) {
      const MappedFile mapped(chunk);
      must_hold(!chunk.bytes || mapped.bytes().size() == *chunk.bytes, "a part is as long as the index says");
    }
    if (!files.tokenizer.empty()) open_tokenizer(files)->encode("It was a truth");
  } catch (const Failure&) {
  }
}

template <typename Number>
std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// Puts the right digests of the parts, and of the index, where the format has them.
void repair(std::vector<std::byte>& bytes) {
  const std::span all(bytes);
  const auto put = [&](std::size_t at, std::span<const std::byte> content) {
    const Digest digest = sha256(content);
    std::memcpy(bytes.data() + at, digest.data(), digest.size());
  };
  std::size_t at = 16;
  if (bytes.size() < at) return;
  for (auto parts = number_at<std::uint32_t>(all, 12); parts > 0; --parts) {
    if (bytes.size() - at < 4) return;
    const auto name = number_at<std::uint32_t>(all, at);
    if (bytes.size() - at - 4 < name + 16 + sizeof(Digest)) return;
    at += 4 + name;
    const auto offset = number_at<std::uint64_t>(all, at), length = number_at<std::uint64_t>(all, at + 8);
    at += 16;
    if (offset <= bytes.size() && length <= bytes.size() - offset) put(at, all.subspan(offset, length));
    at += sizeof(Digest);
  }
  if (bytes.size() - at >= sizeof(Digest)) put(at, all.first(at));
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto given = std::as_bytes(std::span(data, size));
  open(given);
  std::vector<std::byte> repaired(given.begin(), given.end());
  repair(repaired);
  open(repaired);
  return 0;
}
