#include "state_buffers.hpp"

#include <charconv>
#include <cstring>

#include "failure.hpp"
#include "value_codec.hpp"

namespace rwkv {
namespace {

constexpr const char* chunks_hint = "use chunks that one build of rwkv-build made together";

}   // namespace

std::optional<std::size_t> layer_in(std::string_view name, std::string_view before, std::string_view behind) {
  if (!name.starts_with(before) || !name.ends_with(behind)) return {};
  std::size_t layer = 0;
  const char* end = name.data() + name.size() - behind.size();
  const auto result = std::from_chars(name.data() + before.size(), end, layer);
  return result.ec == std::errc{} && result.ptr == end ? std::optional(layer) : std::nullopt;
}

State& StateBuffers::add(const TensorInfo& input) {
  if (const auto known = by_input_.find(input.name); known != by_input_.end()) return *known->second;
  require_convertible(input);
  State& state = states_.emplace_back(State{{TensorBuffer(input), TensorBuffer(input)}});
  by_input_[input.name] = &state;
  if (const auto layer = layer_in(input.name, "state", "_wkv_in")) wkv_[*layer] = &state;
  return state;
}

void StateBuffers::use_initial(const std::filesystem::path& file) {
  std::error_code trouble;
  if (std::filesystem::file_size(file, trouble) == 0 && !trouble) return;   // a model that starts from zeros
  initial_.emplace(file);
  std::size_t elements = 0;
  for (const auto& [layer, state] : wkv_) elements += state->buffers[0].info().elements();
  const std::size_t bytes = initial_->bytes().size();
  if (bytes == elements * sizeof(float)) return;
  throw Failure(
      FailureKind::format, file.string(),
      "has " + std::to_string(bytes) + " bytes; the model's states take " + std::to_string(elements * sizeof(float)),
      "use the initial state that was exported with this model");
}

void StateBuffers::reset() {
  for (State& state : states_) {
    for (TensorBuffer& buffer : state.buffers) buffer.fill_with_zero();
  }
  role_ = 0;
  if (!initial_) return;
  const auto* values = reinterpret_cast<const float*>(initial_->bytes().data());
  for (const auto& [layer, state] : wkv_) {
    const TensorInfo& info = state->buffers[0].info();
    encode_values(info, {values, info.elements()}, state->buffers[0].data());   // what role 0 reads
    values += info.elements();
  }
}

void StateBuffers::copy_into(StateBuffers& several, std::size_t sequence) const {
  for (const auto& [name, own] : by_input_) {
    const auto found = several.by_input_.find(name);
    if (found == several.by_input_.end()) {
      throw Failure(FailureKind::format, name, "is no state of the graphs for several sequences", chunks_hint);
    }
    const TensorBuffer& from = own->buffers[role_];
    TensorBuffer& to = found->second->buffers[several.role_];
    const std::size_t bytes = from.info().bytes(), begin = sequence * bytes;
    const bool alike = from.info().type == to.info().type && from.info().quantization == to.info().quantization;
    if (!alike || begin + bytes > to.info().bytes()) {
      throw Failure(FailureKind::format, name, "is stored in another way by the graphs for several sequences",
                    chunks_hint);
    }
    std::memcpy(to.data() + begin, from.data(), bytes);
  }
}

}   // namespace rwkv
