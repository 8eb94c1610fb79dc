// The C API's batches.
#include "api_guard.hpp"
#include "api_handles.hpp"

using namespace rwkv;

rwkv_qnn_error rwkv_qnn_batch_init(rwkv_qnn_model* model, rwkv_qnn_batch** batch) {
  return api::guarded([&] {
    api::require(batch != nullptr, "batch");
    *batch = nullptr;
    api::require(model != nullptr, "model");
    *batch = new rwkv_qnn_batch{model->loaded, RwkvBatch(model->loaded->model)};
  });
}

void rwkv_qnn_batch_free(rwkv_qnn_batch* batch) { delete batch; }

rwkv_qnn_error rwkv_qnn_batch_put_state(rwkv_qnn_batch* batch, size_t sequence, rwkv_qnn_session* session) {
  return api::guarded([&] {
    api::require(batch != nullptr, "batch");
    api::require(session != nullptr, "session");
    batch->batch.put_state(sequence, *session->session);
  });
}

rwkv_qnn_error rwkv_qnn_batch_take_state(const rwkv_qnn_batch* batch, size_t sequence, rwkv_qnn_session* session) {
  return api::guarded([&] {
    api::require(batch != nullptr, "batch");
    api::require(session != nullptr, "session");
    batch->batch.take_state(sequence, *session->session);
  });
}

rwkv_qnn_error rwkv_qnn_batch_decode(rwkv_qnn_batch* batch, const uint32_t* tokens, size_t count) {
  return api::guarded([&] {
    api::require(batch != nullptr, "batch");
    api::require(tokens != nullptr && count > 0, "tokens");
    batch->batch.decode({tokens, count});
  });
}

rwkv_qnn_error rwkv_qnn_batch_get_logits(rwkv_qnn_batch* batch, const float** logits) {
  return api::guarded([&] {
    api::require(batch != nullptr, "batch");
    api::require(logits != nullptr, "logits");
    *logits = batch->batch.logits().data();
  });
}
