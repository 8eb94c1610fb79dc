// The C API's sessions.
#include "api_guard.hpp"
#include "api_handles.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"

using namespace rwkv;

namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

RwkvSession& session_of(rwkv_qnn_session* session) {
  api::require(session != nullptr, "session");
  return *session->session;
}

}   // namespace

rwkv_qnn_error rwkv_qnn_session_init(rwkv_qnn_model* model, rwkv_qnn_session** session) {
  return api::guarded([&] {
    api::require(session != nullptr, "session");
    *session = nullptr;
    api::require(model != nullptr, "model");
    *session = new rwkv_qnn_session{model->loaded, std::make_unique<RwkvSession>(model->loaded->model)};
  });
}

void rwkv_qnn_session_free(rwkv_qnn_session* session) { delete session; }

rwkv_qnn_error rwkv_qnn_session_prefill(rwkv_qnn_session* session, const uint32_t* tokens, size_t count) {
  return api::guarded([&] {
    api::require(tokens != nullptr && count > 0, "tokens");
    session_of(session).prefill({tokens, count});
  });
}

rwkv_qnn_error rwkv_qnn_session_decode(rwkv_qnn_session* session, uint32_t token) {
  return api::guarded([&] { session_of(session).decode(token); });
}

rwkv_qnn_error rwkv_qnn_session_get_logits(rwkv_qnn_session* session, const float** logits) {
  return api::guarded([&] {
    api::require(logits != nullptr, "logits");
    *logits = session_of(session).logits().data();
  });
}

rwkv_qnn_error rwkv_qnn_session_reset(rwkv_qnn_session* session) {
  return api::guarded([&] { session_of(session).reset(); });
}

rwkv_qnn_error rwkv_qnn_session_fork(rwkv_qnn_session* session, rwkv_qnn_session** copy) {
  return api::guarded([&] {
    api::require(copy != nullptr, "copy");
    *copy = nullptr;
    auto forked = session_of(session).fork();
    *copy = new rwkv_qnn_session{session->loaded, std::move(forked)};
  });
}

rwkv_qnn_error rwkv_qnn_session_save_state(rwkv_qnn_session* session, void* buffer, size_t capacity, size_t* bytes) {
  return api::guarded([&] {
    api::require(bytes != nullptr, "bytes");
    api::require(buffer != nullptr || capacity == 0, "buffer");
    const auto saved = session_of(session).save_state();
    *bytes = saved.size();
    if (saved.size() <= capacity) std::memcpy(buffer, saved.data(), saved.size());
  });
}

rwkv_qnn_error rwkv_qnn_session_load_state(rwkv_qnn_session* session, const void* buffer, size_t bytes) {
  return api::guarded([&] {
    api::require(buffer != nullptr, "buffer");
    session_of(session).load_state({static_cast<const std::byte*>(buffer), bytes}, "the saved state");
  });
}

rwkv_qnn_error rwkv_qnn_session_save_state_file(rwkv_qnn_session* session, const char* path) {
  return api::guarded([&] {
    api::require(path != nullptr, "path");
    const auto saved = session_of(session).save_state();
    write_output_file(path, std::span(saved));
  });
}

rwkv_qnn_error rwkv_qnn_session_load_state_file(rwkv_qnn_session* session, const char* path) {
  return api::guarded([&] {
    api::require(path != nullptr, "path");
    const MappedFile file{std::filesystem::path(path)};
    session_of(session).load_state(file.bytes(), path);
  });
}

void rwkv_qnn_session_cancel(rwkv_qnn_session* session) {
  if (session != nullptr) session->session->cancel();
}

rwkv_qnn_error rwkv_qnn_session_get_statistics(const rwkv_qnn_session* session,
                                               rwkv_qnn_session_statistics* statistics) {
  return api::guarded([&] {
    api::require(session != nullptr, "session");
    const SessionStatistics own = session->session->statistics();
    rwkv_qnn_session_statistics found{};
    found.block_tokens = own.block_tokens;
    found.step_tokens = own.step_tokens;
    found.running_seconds = seconds(own.running);
    found.executing_seconds = seconds(own.executing);
    found.tensor_bytes = own.tensor_bytes;
    found.shared_tensors = own.shared_tensors;
    api::hand_out(found, statistics, "statistics");
  });
}
