#include "rwkv_session.hpp"

#include <charconv>
#include <cstring>
#include <string>

#include "chunk_files.hpp"
#include "failure.hpp"
#include "value_codec.hpp"

namespace rwkv {
namespace {

bool is_state_input(const std::string& name) { return name.starts_with("state") && name.ends_with("_in"); }

std::string output_name_of(const std::string& input) { return input.substr(0, input.size() - 3) + "_out"; }

const TensorInfo* find(const std::vector<TensorInfo>& tensors, const std::string& name) {
  for (const TensorInfo& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

// The layer in a name such as "state12_wkv_in", given what stands before and behind the number.
std::optional<std::size_t> layer_in(std::string_view name, std::string_view before, std::string_view behind) {
  if (!name.starts_with(before) || !name.ends_with(behind)) return {};
  std::size_t layer = 0;
  const char* end = name.data() + name.size() - behind.size();
  const auto result = std::from_chars(name.data() + before.size(), end, layer);
  return result.ec == std::errc{} && result.ptr == end ? std::optional(layer) : std::nullopt;
}

// Where an input's values are in a row of the table outside of the graph: the embedding first, then the deep embedding
// of each layer of an RWKV-7a. Nothing for other inputs.
std::optional<std::size_t> place_in_row(const std::string& input) {
  if (input == "embedding") return 0;
  const auto layer = layer_in(input, "deep_embedding", "");
  return layer ? std::optional(*layer + 1) : std::nullopt;
}

std::string describe(const TensorInfo& tensor) {
  std::string text = name_of(tensor.type) + " [";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
  text += "]";
  if (tensor.quantization) {
    text += " (scale " + std::to_string(tensor.quantization->scale) + ", offset " +
            std::to_string(tensor.quantization->offset) + ")";
  }
  return text;
}

}   // namespace

RwkvSession::RwkvSession(const HtpDevice& device, const std::filesystem::path& first_chunk,
                         const std::optional<std::filesystem::path>& embedding,
                         const std::optional<std::filesystem::path>& initial_state) {
  for (const std::filesystem::path& file : find_chunk_files(first_chunk)) {
    chunks_.push_back({});
    chunks_.back().context = std::make_unique<HtpContext>(device, file);
  }
  for (std::size_t i = 0; i < chunks_.size(); ++i) connect(i);

  if (logits_output_ == nullptr) refuse(chunks_.size() - 1, "is the last chunk but has no output 'logits'");
  if (token_input_ == nullptr && !row_inputs_.contains(0)) {
    refuse(0, "is the first chunk but has neither input 'token' nor 'embedding'");
  }
  if (!row_inputs_.empty()) {
    if (!embedding) {
      throw Failure(FailureKind::argument, first_chunk.string(), "takes its embedding from outside, but none was given",
                    "give the exported table: --embedding FILE.f32");
    }
    std::size_t width = 0;
    for (const auto& [place, input] : row_inputs_) width += input->info().elements();
    embedding_.emplace(*embedding, width);
  } else if (embedding) {
    throw Failure(FailureKind::argument, embedding->string(), "isn't needed: the model has its embedding inside",
                  "leave out --embedding");
  }
  logits_.resize(logits_output_->info().elements());
  layers_ = states_.size() / 3;
  if (initial_state) read_initial_state(*initial_state);
  reset();
}

RwkvSession::~RwkvSession() = default;

void RwkvSession::refuse(std::size_t index, const std::string& cause) const {
  throw Failure(FailureKind::format, chunks_[index].context->path().string(), cause,
                "use chunks that one build of rwkv-build made together");
}

RwkvSession::State& RwkvSession::add_state(const TensorInfo& input, std::size_t index) {
  const TensorInfo* output = find(chunks_[index].context->graph().outputs, output_name_of(input.name));
  if (output == nullptr)
    refuse(index, "has input '" + input.name + "' but no output '" + output_name_of(input.name) + "'");
  // The buffers swap roles, so what is written must be readable as it is.
  if (!input.has_layout_of(*output)) {
    refuse(index, "reads '" + input.name + "' as " + describe(input) + " but writes it as " + describe(*output));
  }
  require_convertible(input);
  states_.push_back({{TensorBuffer(input), TensorBuffer(input)}});
  if (const auto layer = layer_in(input.name, "state", "_wkv_in")) wkv_states_[*layer] = &states_.back();
  return states_.back();
}

// The previous chunk's buffer itself when both sides agree on its layout; otherwise a new one, filled by a conversion
// after the source chunk has run.
TensorBuffer& RwkvSession::take_over(TensorBuffer* source, std::size_t source_chunk, const TensorInfo& input,
                                     std::size_t index) {
  if (source == nullptr || index == 0) {
    refuse(index, "has input '" + input.name + "', which no earlier chunk makes");
  }
  if (source->info().elements() != input.elements()) {
    refuse(index, "reads '" + input.name + "' as " + describe(input) + ", but the chunk before makes " +
                      describe(source->info()));
  }
  if (source->info().has_layout_of(input)) return *source;
  require_convertible(input);
  require_convertible(source->info());
  buffers_.emplace_back(input);
  chunks_[source_chunk].conversions.push_back({source, &buffers_.back()});
  return buffers_.back();
}

TensorBuffer& RwkvSession::connect_input(const TensorInfo& input, std::size_t index) {
  if (input.name == "hidden_in") return take_over(hidden_, index - 1, input, index);
  if (input.name == "v_first_in") return take_over(v_first_, 0, input, index);
  if (input.name == "token") {
    if (input.type != qnn::DataType::int32 || input.elements() != 1) {
      refuse(index, "has input 'token' as " + describe(input) + ", expected int32 [1]");
    }
    if (token_input_ == nullptr) {
      buffers_.emplace_back(input);
      token_input_ = &buffers_.back();
    }
    return *token_input_;
  }
  if (const auto place = place_in_row(input.name); place && !row_inputs_.contains(*place)) {
    require_convertible(input);
    buffers_.emplace_back(input);
    row_inputs_[*place] = &buffers_.back();
    return buffers_.back();
  }
  refuse(index, "has an unknown input '" + input.name + "'");
}

void RwkvSession::connect(std::size_t index) {
  Chunk& chunk = chunks_[index];
  const GraphMetadata& graph = chunk.context->graph();
  for (int role = 0; role < 2; ++role) {
    chunk.inputs.emplace_back(graph.inputs.size());
    chunk.outputs.emplace_back(graph.outputs.size());
  }
  const auto bind = [&](const TensorInfo& input, TensorBuffer& first, TensorBuffer& second) {
    chunk.inputs[0].bind(input, qnn::TensorKind::app_write, first.data());
    chunk.inputs[1].bind(input, qnn::TensorKind::app_write, second.data());
  };

  const std::size_t first_state = states_.size();
  for (const TensorInfo& input : graph.inputs) {
    if (is_state_input(input.name)) {
      State& state = add_state(input, index);
      bind(input, state.buffers[0], state.buffers[1]);
    } else {
      TensorBuffer& buffer = connect_input(input, index);
      bind(input, buffer, buffer);
    }
  }

  for (const TensorInfo& output : graph.outputs) {
    TensorBuffer* first = nullptr;
    TensorBuffer* second = nullptr;
    for (std::size_t i = first_state; i < states_.size() && first == nullptr; ++i) {
      State& state = states_[i];
      if (output_name_of(state.buffers[0].info().name) != output.name) continue;
      first = &state.buffers[1];   // written in role 0, read in role 1
      second = &state.buffers[0];
    }
    if (first == nullptr) {
      buffers_.emplace_back(output);
      first = second = &buffers_.back();
      if (output.name == "hidden_out")
        hidden_ = first;
      else if (output.name == "v_first_out")
        v_first_ = v_first_ == nullptr ? first : v_first_;
      else if (output.name == "logits" && index + 1 == chunks_.size())
        require_convertible(output), logits_output_ = first;
      else
        refuse(index, "has an unexpected output '" + output.name + "'");
    }
    chunk.outputs[0].bind(output, qnn::TensorKind::app_read, first->data());
    chunk.outputs[1].bind(output, qnn::TensorKind::app_read, second->data());
  }
}

void RwkvSession::write_token(std::uint32_t token) {
  const std::size_t known = embedding_ ? embedding_->rows() : vocabulary();
  if (token >= known) {
    throw Failure(FailureKind::argument, "token " + std::to_string(token),
                  "is outside the model's vocabulary of " + std::to_string(known),
                  "use the tokenizer that the model was trained with");
  }
  if (token_input_ != nullptr) {
    const auto id = static_cast<std::int32_t>(token);
    std::memcpy(token_input_->data(), &id, sizeof id);
  }
  if (!embedding_) return;
  std::span<const float> row = embedding_->row(token);
  for (const auto& [place, input] : row_inputs_) {
    const std::size_t elements = input->info().elements();
    encode_values(input->info(), row.first(elements), input->data());
    row = row.subspan(elements);
  }
}

std::span<const float> RwkvSession::feed(std::uint32_t token) {
  write_token(token);
  for (Chunk& chunk : chunks_) {
    chunk.context->execute(chunk.inputs[role_], chunk.outputs[role_]);
    for (const Conversion& conversion : chunk.conversions) {
      scratch_.resize(conversion.from->info().elements());
      decode_values(conversion.from->info(), conversion.from->data(), scratch_);
      encode_values(conversion.to->info(), scratch_, conversion.to->data());
    }
  }
  role_ ^= 1;
  decode_values(logits_output_->info(), logits_output_->data(), logits_);
  return logits_;
}

void RwkvSession::read_initial_state(const std::filesystem::path& file) {
  std::error_code trouble;
  if (std::filesystem::file_size(file, trouble) == 0 && !trouble) return;   // a model that starts from zeros
  initial_state_.emplace(file);
  std::size_t elements = 0;
  for (const auto& [layer, state] : wkv_states_) elements += state->buffers[0].info().elements();
  const std::size_t bytes = initial_state_->bytes().size();
  if (bytes == elements * sizeof(float)) return;
  throw Failure(
      FailureKind::format, file.string(),
      "has " + std::to_string(bytes) + " bytes; the model's states take " + std::to_string(elements * sizeof(float)),
      "use the initial state that was exported with this model");
}

void RwkvSession::reset() {
  for (State& state : states_) {
    for (TensorBuffer& buffer : state.buffers) buffer.fill_with_zero();
  }
  role_ = 0;
  if (!initial_state_) return;
  const auto* values = reinterpret_cast<const float*>(initial_state_->bytes().data());
  for (const auto& [layer, state] : wkv_states_) {
    const TensorInfo& info = state->buffers[0].info();
    encode_values(info, {values, info.elements()}, state->buffers[0].data());   // what role 0 reads
    values += info.elements();
  }
}

std::vector<const HtpContext*> RwkvSession::contexts() const {
  std::vector<const HtpContext*> all;
  for (const Chunk& chunk : chunks_) all.push_back(chunk.context.get());
  return all;
}

}   // namespace rwkv
