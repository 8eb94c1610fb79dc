#include "rwkv_session.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "failure.hpp"
#include "saved_state.hpp"

namespace rwkv {
namespace {

// Adds the time of its scope.
class Stopwatch {
 public:
  explicit Stopwatch(std::chrono::nanoseconds& total) : total_(total) {}
  ~Stopwatch() { total_ += std::chrono::steady_clock::now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::chrono::nanoseconds& total_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}   // namespace

RwkvSession::RwkvSession(const RwkvModel& model)
    : model_(model), decode_(model.decode_chain(states_)), prefill_(model.prefill_chain(states_)) {
  logits_ = memory_.take_floats(model.vocabulary());
  model.use_initial(states_);
  reset();
}

RwkvSession::~RwkvSession() = default;

void RwkvSession::run(GraphChain& chain, std::span<const std::uint32_t> tokens) {
  chain.run(tokens, model_.table(), control_);
  last_ = &chain;
  logits_are_ = Logits::in_the_graph;
}

void RwkvSession::step(std::uint32_t token) {
  const Stopwatch watch(done_.running);
  run(*decode_, {&token, 1});
  ++done_.step_tokens;
}

void RwkvSession::decode(std::uint32_t token) {
  model_.check_token(token);
  step(token);
}

void RwkvSession::prefill(std::span<const std::uint32_t> tokens) {
  for (const std::uint32_t token : tokens) model_.check_token(token);   // all of them first: the state stays usable
  while (prefill_ && tokens.size() >= prefill_->tokens()) {
    const Stopwatch watch(done_.running);
    run(*prefill_, tokens.first(prefill_->tokens()));
    done_.block_tokens += prefill_->tokens();
    tokens = tokens.subspan(prefill_->tokens());
  }
  for (const std::uint32_t token : tokens) step(token);
}

std::span<const float> RwkvSession::logits() {
  if (logits_are_ == Logits::missing) {
    throw Failure(FailureKind::argument, "logits", "are not there: no token has been fed since the state was set",
                  "feed one; a text begins with token 0");
  }
  if (logits_are_ == Logits::in_the_graph) {
    const Stopwatch watch(done_.running);
    last_->read_logits(logits_, control_);
    logits_are_ = Logits::read;
  }
  return logits_;
}

void RwkvSession::reset() {
  states_.reset();
  forget_logits();
}

std::unique_ptr<RwkvSession> RwkvSession::fork() {
  auto copy = std::make_unique<RwkvSession>(model_);
  copy->states_.copy_from(states_);
  if (logits_are_ == Logits::missing) return copy;
  logits();
  std::copy(logits_.begin(), logits_.end(), copy->logits_.begin());
  copy->logits_are_ = Logits::read;
  return copy;
}

std::vector<std::byte> RwkvSession::save_state() {
  SavedState state;
  for (const auto& [name, buffer] : states_.current()) {
    const TensorInfo& info = buffer->info();
    state.tensors.push_back(
        {name, info.type, info.quantization.value_or(Quantization{}), {buffer->data(), info.bytes()}});
  }
  if (logits_are_ != Logits::missing) {
    const auto values = logits();
    state.logits.assign(values.begin(), values.end());
  }
  return write_saved_state(state);
}

void RwkvSession::load_state(std::span<const std::byte> saved, const std::string& name) {
  const SavedState state = read_saved_state(saved, name);
  const auto refuse = [&](const std::string& cause) {
    throw Failure(FailureKind::format, name, "is of another model: " + cause, "load it with the model that it is of");
  };
  const auto buffers = states_.current();
  if (state.tensors.size() != buffers.size()) {
    refuse("it has " + std::to_string(state.tensors.size()) + " tensors, the model " + std::to_string(buffers.size()));
  }
  // Both are in the order of their names.
  auto own = buffers.begin();
  for (const SavedTensor& tensor : state.tensors) {
    const auto& [expected, buffer] = *own++;
    const TensorInfo& info = buffer->info();
    if (tensor.name != expected) refuse("it has " + tensor.name + " where the model has " + expected);
    if (tensor.type != info.type || tensor.quantization != info.quantization.value_or(Quantization{}) ||
        tensor.values.size() != info.bytes()) {
      refuse(expected + " is stored in another way");
    }
  }
  if (!state.logits.empty() && state.logits.size() != model_.vocabulary()) refuse("its vocabulary has another size");
  own = buffers.begin();
  for (const SavedTensor& tensor : state.tensors)
    std::memcpy((own++)->second->data(), tensor.values.data(), tensor.values.size());
  logits_are_ = state.logits.empty() ? Logits::missing : Logits::read;
  std::copy(state.logits.begin(), state.logits.end(), logits_.begin());
}

SessionStatistics RwkvSession::statistics() const {
  SessionStatistics all = done_;
  all.executing = control_.executing;
  all.tensor_bytes = memory_.bytes();
  all.shared_tensors = memory_.registered();
  return all;
}

}   // namespace rwkv
