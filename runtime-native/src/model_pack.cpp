#include "model_pack.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "byte_reader.hpp"
#include "byte_writer.hpp"
#include "failure.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"

namespace rwkv {
namespace {

constexpr std::string_view magic = "RWKVPACK";
constexpr std::uint32_t format = 1;
constexpr std::uint64_t alignment = 4096;
constexpr const char* hint = "pack the model again";

constexpr std::uint64_t aligned(std::uint64_t offset) { return (offset + alignment - 1) / alignment * alignment; }

// What stands before the parts, but for the digest over it.
std::vector<std::byte> to_index(const std::vector<PackPart>& parts) {
  ByteWriter out;
  out.add(magic);
  out.add_number(format);
  out.add_number(static_cast<std::uint32_t>(parts.size()));
  for (const PackPart& part : parts) {
    out.add_number(static_cast<std::uint32_t>(part.name.size()));
    out.add(part.name);
    out.add_number(part.content.offset);
    out.add_number(*part.content.bytes);
    out.add(*part.content.digest);
  }
  return std::move(out.bytes());
}

}   // namespace

bool is_model_pack(const std::filesystem::path& file) {
  const MappedFile mapped{FileRange(file)};
  const auto bytes = mapped.bytes();
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

std::vector<PackPart> read_model_pack(const std::filesystem::path& file) {
  const MappedFile mapped{FileRange(file)};
  return parse_pack_index(mapped.bytes(), mapped.bytes().size(), file);
}

std::vector<PackPart> parse_pack_index(std::span<const std::byte> beginning, std::uint64_t size,
                                       const std::filesystem::path& file) {
  const std::string name = file.string();
  ByteReader in(beginning, name, hint);
  in.take_header(magic, format, "is no model pack");
  std::vector<PackPart> parts;
  for (auto left = in.number<std::uint32_t>(); left > 0; --left) {
    const std::string part = in.text(in.number<std::uint32_t>());
    const auto offset = in.number<std::uint64_t>(), bytes = in.number<std::uint64_t>();
    FileRange range(file, part, offset, bytes);
    Digest digest;
    std::memcpy(digest.data(), in.take(digest.size()).data(), digest.size());
    range.digest = digest;
    const bool in_order = parts.empty() || parts.back().name < part;
    if (part.empty() || !in_order || offset % alignment != 0 || offset > size || bytes > size - offset) {
      in.refuse("is truncated or damaged: its part '" + part + "' can't be where it says");
    }
    parts.push_back({part, range});
  }
  const std::size_t length = beginning.size() - in.left();
  const auto written = in.take(sizeof(Digest));
  const auto digest = sha256(beginning.first(length));
  if (std::memcmp(digest.data(), written.data(), digest.size()) != 0)
    in.refuse("is damaged: its index has another digest");
  return parts;
}

void write_model_pack(const std::filesystem::path& file, std::vector<PackSource> sources) {
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<PackPart> parts;
  std::vector<MappedFile> mapped;
  std::vector<std::span<const std::byte>> contents;
  for (const PackSource& source : sources) {
    if (!parts.empty() && parts.back().name == source.name) {
      throw Failure(FailureKind::argument, source.name, "is there twice", "give each part once");
    }
    if (const auto* range = std::get_if<FileRange>(&source.content)) {
      contents.push_back(mapped.emplace_back(*range).bytes());
    } else {
      contents.push_back(std::as_bytes(std::span(std::get<std::string>(source.content))));
    }
    FileRange range(file, source.name, 0, contents.back().size());
    range.digest = sha256(contents.back());
    parts.push_back({source.name, range});
  }
  std::uint64_t end = to_index(parts).size() + sizeof(Digest);
  for (PackPart& part : parts) {
    part.content.offset = aligned(end);
    end = part.content.offset + *part.content.bytes;
  }
  const auto index = to_index(parts);
  const auto digest = sha256(index);
  MappedOutput output(file, static_cast<std::size_t>(end));
  std::byte* const to = output.bytes().data();
  std::memcpy(to, index.data(), index.size());
  std::memcpy(to + index.size(), digest.data(), digest.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::memcpy(to + parts[i].content.offset, contents[i].data(), contents[i].size());
  }
  output.keep(static_cast<std::size_t>(end));
}

}   // namespace rwkv
