#include "rwkv_batch.hpp"

#include <string>

#include "failure.hpp"

namespace rwkv {
namespace {

constexpr const char* build_hint = "build the contexts with `batch` set to as many as are needed";

}   // namespace

RwkvBatch::RwkvBatch(const RwkvModel& model) : model_(model), chain_(model.batch_chain(states_)) {
  if (!chain_) {
    throw Failure(FailureKind::argument, model.contexts().front()->name(), "has no graph for several sequences",
                  build_hint);
  }
  logits_ = memory_.take_floats(chain_->logit_count());
  RwkvSession beginning(model);
  for (std::size_t i = 0; i < sequences(); ++i) put_state(i, beginning);
}

void RwkvBatch::check_sequence(std::size_t sequence) const {
  if (sequence < sequences()) return;
  throw Failure(FailureKind::argument, "sequence " + std::to_string(sequence),
                "is not there: the contexts take " + std::to_string(sequences()) + " at once", build_hint);
}

void RwkvBatch::put_state(std::size_t sequence, RwkvSession& session) {
  check_sequence(sequence);
  session.states().copy_into(states_, sequence);
}

void RwkvBatch::take_state(std::size_t sequence, RwkvSession& session) const {
  check_sequence(sequence);
  session.states().copy_out_of(states_, sequence);
  session.forget_logits();
}

void RwkvBatch::decode(std::span<const std::uint32_t> tokens) {
  if (tokens.size() != sequences()) {
    throw Failure(FailureKind::argument, std::to_string(tokens.size()) + " tokens",
                  "are not one for each of the " + std::to_string(sequences()) + " sequences of the contexts",
                  "give one for each; a sequence that has ended takes any token");
  }
  for (const std::uint32_t token : tokens) model_.check_token(token);
  chain_->run(tokens, model_.table(), control_);
}

std::span<const float> RwkvBatch::logits() {
  chain_->read_logits(logits_, control_);
  return logits_;
}

}   // namespace rwkv
