#include "graph_chain.hpp"

#include <cstring>

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

GraphChain::GraphChain(const Links& links, StateBuffers& states, ExtraOutputs extra)
    : states_(states), chunks_(links.chunks.size()), extra_(extra) {
  for (const Link& link : links.chunks) stages_.push_back({link, {}, {}, {}});
  if (links.head) stages_.push_back({*links.head, {}, {}, {}});
  for (std::size_t i = 0; i < stages_.size(); ++i) connect(i);
  if (logits_ == nullptr) {
    refuse(stages_.size() - 1,
           std::string("is the ") + (links.head ? "head" : "last chunk") + " but has no output 'logits'");
  }
  if (token_input_ == nullptr && !row_inputs_.contains(0)) {
    refuse(0, "is the first chunk but has neither input 'token' nor 'embedding'");
  }
  tokens_ = token_input_ != nullptr ? token_input_->info().elements() : row_inputs_[0]->info().shape.front();
}

const GraphMetadata& GraphChain::graph(std::size_t index) const {
  const Link& link = stages_[index].link;
  return link.context->metadata().graphs[link.graph];
}

void GraphChain::refuse(std::size_t index, const std::string& cause) const {
  throw Failure(FailureKind::format, stages_[index].link.context->name(), cause,
                "use chunks that one build of rwkv-build made together");
}

std::size_t GraphChain::row_width() const {
  std::size_t width = 0;
  for (const auto& [place, input] : row_inputs_) width += input->info().elements() / tokens_;
  return width;
}

State& GraphChain::connect_state(const TensorInfo& input, std::size_t index) {
  const TensorInfo* output = find(graph(index).outputs, output_name_of(input.name));
  if (output == nullptr)
    refuse(index, "has input '" + input.name + "' but no output '" + output_name_of(input.name) + "'");
  // The buffers swap roles, so what is written must be readable as it is; by every graph that has the state.
  if (!input.has_layout_of(*output)) {
    refuse(index, "reads '" + input.name + "' as " + describe(input) + " but writes it as " + describe(*output));
  }
  State& state = states_.add(input);
  if (!input.has_layout_of(state.buffers[0].info())) {
    refuse(index, "reads '" + input.name + "' in its graph " + graph(index).name + " as " + describe(input) +
                      ", but in another as " + describe(state.buffers[0].info()));
  }
  return state;
}

// The previous stage's buffer itself when both sides agree on its layout; otherwise a new one, filled by a conversion
// after the source has run.
TensorBuffer& GraphChain::take_over(TensorBuffer* source, std::size_t source_stage, const TensorInfo& input,
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
  buffers_.emplace_back(input, states_.memory());
  stages_[source_stage].conversions.push_back({source, &buffers_.back()});
  return buffers_.back();
}

TensorBuffer& GraphChain::connect_input(const TensorInfo& input, std::size_t index) {
  if (input.name == "hidden_in") return take_over(hidden_, index - 1, input, index);
  if (input.name == "ln_out" && is_head(index)) return take_over(normal_, index - 1, input, index);
  if (input.name == "v_first_in") return take_over(v_first_, 0, input, index);
  if (input.name == "token") {
    const bool fits = token_input_ == nullptr || token_input_->info().elements() == input.elements();
    if (input.type != qnn::DataType::int32 || input.shape.size() != 1 || !fits) {
      refuse(index, "has input 'token' as " + describe(input) + ", expected int32 [" +
                        (fits ? "tokens" : std::to_string(token_input_->info().elements())) + "]");
    }
    if (token_input_ == nullptr) token_input_ = &buffers_.emplace_back(input, states_.memory());
    return *token_input_;
  }
  if (const auto place = place_in_row(input.name); place && !row_inputs_.contains(*place)) {
    require_convertible(input);
    row_inputs_[*place] = &buffers_.emplace_back(input, states_.memory());
    return buffers_.back();
  }
  refuse(index, "has an unknown input '" + input.name + "'");
}

TensorBuffer& GraphChain::connect_output(const TensorInfo& output, std::size_t index) {
  TensorBuffer& buffer = buffers_.emplace_back(output, states_.memory());
  if (output.name == "hidden_out") {
    hidden_ = &buffer;
  } else if (output.name == "v_first_out") {
    if (v_first_ == nullptr) v_first_ = &buffer;
  } else if (output.name == "ln_out" && index + 1 == chunks_ && stages_.size() > chunks_) {
    normal_ = &buffer;
  } else if (output.name == "logits" && index + 1 == stages_.size()) {
    require_convertible(output);
    logits_ = &buffer;
  } else if (extra_ == ExtraOutputs::probed) {
    require_convertible(output);
  } else {
    refuse(index, "has an unexpected output '" + output.name + "'");
  }
  if (&buffer != logits_) probes_.push_back({index + 1, &buffer});
  return buffer;
}

qnn::Handle GraphChain::handle_of(const TensorBuffer& buffer, std::size_t index) {
  return states_.memory().handle_in(*stages_[index].link.context, buffer.info(), buffer.data());
}

void GraphChain::connect(std::size_t index) {
  Stage& stage = stages_[index];
  for (int role = 0; role < 2; ++role) {
    stage.inputs.emplace_back(graph(index).inputs.size());
    stage.outputs.emplace_back(graph(index).outputs.size());
  }
  std::map<std::string, State*> written;   // by the output's name
  for (const TensorInfo& input : graph(index).inputs) {
    const bool is_state = is_state_input(input.name);
    State* state = is_state ? &connect_state(input, index) : nullptr;
    if (is_state) written[output_name_of(input.name)] = state;
    TensorBuffer* buffer = is_state ? nullptr : &connect_input(input, index);
    for (unsigned role = 0; role < 2; ++role) {
      TensorBuffer& read = is_state ? state->buffers[role] : *buffer;
      stage.inputs[role].bind(input, qnn::TensorKind::app_write, read.data(), handle_of(read, index));
    }
  }
  for (const TensorInfo& output : graph(index).outputs) {
    const auto state = written.find(output.name);
    TensorBuffer* buffer = state == written.end() ? &connect_output(output, index) : nullptr;
    for (unsigned role = 0; role < 2; ++role) {
      // what is written in one role is read in the other
      TensorBuffer& target = buffer != nullptr ? *buffer : state->second->buffers[role ^ 1];
      stage.outputs[role].bind(output, qnn::TensorKind::app_read, target.data(), handle_of(target, index));
    }
  }
}

void GraphChain::write_tokens(std::span<const std::uint32_t> tokens, const EmbeddingTable* table) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (token_input_ != nullptr) {
      const auto id = static_cast<std::int32_t>(tokens[i]);
      std::memcpy(token_input_->data() + i * sizeof id, &id, sizeof id);
    }
    if (row_inputs_.empty()) continue;
    std::span<const float> row = table->row(tokens[i]);
    for (const auto& [place, input] : row_inputs_) {
      const std::size_t width = input->info().elements() / tokens.size();
      encode_values(input->info(), row.first(width), input->data() + i * (input->info().bytes() / tokens.size()));
      row = row.subspan(width);
    }
  }
}

void GraphChain::run(std::span<const std::uint32_t> tokens, const EmbeddingTable* table, RunControl& control) {
  write_tokens(tokens, table);
  for (std::size_t i = 0; i < chunks_; ++i) {
    // Swapping comes last, so that what a cancelled run wrote is never read.
    if (control.is_cancelled.exchange(false)) throw Failure(FailureKind::cancelled, "", "the run was cancelled", "");
    execute(stages_[i], states_.role(), control);
  }
  states_.swap_roles();
}

void GraphChain::execute(Stage& stage, unsigned role, RunControl& control) {
  const auto start = std::chrono::steady_clock::now();
  stage.link.context->execute(stage.link.graph, stage.inputs[role], stage.outputs[role]);
  control.executing += std::chrono::steady_clock::now() - start;
  for (const Conversion& conversion : stage.conversions) {
    scratch_.resize(conversion.from->info().elements());
    decode_values(conversion.from->info(), conversion.from->data(), scratch_);
    encode_values(conversion.to->info(), scratch_, conversion.to->data());
  }
}

void GraphChain::read_logits(std::span<float> values, RunControl& control) {
  if (stages_.size() > chunks_) execute(stages_.back(), 0, control);   // it has no states
  decode_values(logits_->info(), logits_->data(), values);
}

void GraphChain::read_probes(std::vector<float>& values) const {
  for (const Probe& probe : probes_) {
    const TensorInfo& info = probe.buffer->info();
    values.resize(values.size() + info.elements());
    decode_values(info, probe.buffer->data(), std::span(values).last(info.elements()));
  }
}

}   // namespace rwkv
