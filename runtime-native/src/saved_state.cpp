#include "saved_state.hpp"

#include <cstring>
#include <string_view>

#include "byte_reader.hpp"
#include "byte_writer.hpp"
#include "sha256.hpp"

namespace rwkv {
namespace {

constexpr std::string_view magic = "RWKVSTAT";
constexpr std::uint32_t format = 1;
constexpr const char* hint = "save the state again, with this version of the library";

}   // namespace

std::vector<std::byte> write_saved_state(const SavedState& state) {
  ByteWriter out;
  out.add(magic);
  out.add_number(format);
  out.add_number(static_cast<std::uint32_t>(state.tensors.size()));
  out.add_number(std::uint64_t{state.logits.size()});
  for (const SavedTensor& tensor : state.tensors) {
    out.add_number(static_cast<std::uint32_t>(tensor.name.size()));
    out.add(tensor.name);
    out.add_number(static_cast<std::uint32_t>(tensor.type));
    out.add_number(tensor.quantization.scale);
    out.add_number(tensor.quantization.offset);
    out.add_number(std::uint64_t{tensor.values.size()});
    out.add(tensor.values);
  }
  out.add(std::as_bytes(std::span(state.logits)));
  out.add(sha256(out.bytes()));
  return std::move(out.bytes());
}

SavedState read_saved_state(std::span<const std::byte> bytes, const std::string& name) {
  ByteReader in(bytes, name, hint);
  in.take_header(magic, format, "is no saved state");
  const auto tensors = in.number<std::uint32_t>();
  const auto logits = in.number<std::uint64_t>();
  if (bytes.size() < sizeof(Digest)) in.refuse("is truncated or damaged");
  const auto digest = sha256(bytes.first(bytes.size() - sizeof(Digest)));
  if (std::memcmp(digest.data(), bytes.last(sizeof(Digest)).data(), sizeof(Digest)) != 0) {
    in.refuse("is truncated or damaged: its digest is another");
  }
  SavedState state;
  for (std::uint32_t i = 0; i < tensors; ++i) {
    SavedTensor& tensor = state.tensors.emplace_back();
    tensor.name = in.text(in.number<std::uint32_t>());
    tensor.type = static_cast<qnn::DataType>(in.number<std::uint32_t>());
    tensor.quantization.scale = in.number<float>();
    tensor.quantization.offset = in.number<std::int32_t>();
    tensor.values = in.take(in.number<std::uint64_t>());
  }
  if (logits > in.left() / sizeof(float)) in.refuse("is truncated or damaged");
  const auto values = in.take(logits * sizeof(float));
  state.logits.resize(static_cast<std::size_t>(logits));
  if (!values.empty()) std::memcpy(state.logits.data(), values.data(), values.size());
  if (in.left() != sizeof(Digest)) in.refuse("has bytes that belong to nothing");
  return state;
}

}   // namespace rwkv
