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
  State& state = states_.emplace_back(State{{TensorBuffer(input, memory_), TensorBuffer(input, memory_)}});
  by_input_[input.name] = &state;
  if (const auto layer = layer_in(input.name, "state", "_wkv_in")) wkv_[*layer] = &state;
  return state;
}

void StateBuffers::use_initial(std::span<const std::byte> values, const std::string& name) {
  std::size_t elements = 0;
  for (const auto& [layer, state] : wkv_) elements += state->buffers[0].info().elements();
  if (!values.empty() && values.size() != elements * sizeof(float)) {
    throw Failure(FailureKind::format, name,
                  "has " + std::to_string(values.size()) + " bytes; the model's states take " +
                      std::to_string(elements * sizeof(float)),
                  "use the initial state that was exported with this model");
  }
  initial_ = values;
}

void StateBuffers::reset() {
  for (State& state : states_) {
    for (TensorBuffer& buffer : state.buffers) buffer.fill_with_zero();
  }
  role_ = 0;
  if (initial_.empty()) return;
  const auto* values = reinterpret_cast<const float*>(initial_.data());
  for (const auto& [layer, state] : wkv_) {
    const TensorInfo& info = state->buffers[0].info();
    encode_values(info, {values, info.elements()}, state->buffers[0].data());   // what role 0 reads
    values += info.elements();
  }
}

std::map<std::string, TensorBuffer*> StateBuffers::current() {
  std::map<std::string, TensorBuffer*> found;
  for (const auto& [name, state] : by_input_) found.emplace(name, &state->buffers[role_]);
  return found;
}

void StateBuffers::copy_from(const StateBuffers& other) {
  role_ = other.role_;
  for (const auto& [name, from] : other.by_input_) {
    const TensorBuffer& source = from->buffers[role_];
    std::memcpy(by_input_.at(name)->buffers[role_].data(), source.data(), source.info().bytes());
  }
}

// Where the state of one of several sequences lies which alone is stored as `own`.
std::byte* StateBuffers::place_of(std::size_t sequence, const std::string& input, const TensorInfo& own) const {
  const auto found = by_input_.find(input);
  if (found == by_input_.end()) {
    throw Failure(FailureKind::format, input, "is no state of the graphs for several sequences", chunks_hint);
  }
  TensorBuffer& several = found->second->buffers[role_];
  const bool alike = own.type == several.info().type && own.quantization == several.info().quantization;
  if (!alike || (sequence + 1) * own.bytes() > several.info().bytes()) {
    throw Failure(FailureKind::format, input, "is stored in another way by the graphs for several sequences",
                  chunks_hint);
  }
  return several.data() + sequence * own.bytes();
}

void StateBuffers::copy_into(StateBuffers& several, std::size_t sequence) const {
  for (const auto& [name, state] : by_input_) {
    const TensorBuffer& own = state->buffers[role_];
    std::memcpy(several.place_of(sequence, name, own.info()), own.data(), own.info().bytes());
  }
}

void StateBuffers::copy_out_of(const StateBuffers& several, std::size_t sequence) {
  for (const auto& [name, state] : by_input_) {
    TensorBuffer& own = state->buffers[role_];
    std::memcpy(own.data(), several.place_of(sequence, name, own.info()), own.info().bytes());
  }
}

}   // namespace rwkv
