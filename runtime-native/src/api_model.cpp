// The C API's models.
#include "api_guard.hpp"
#include "api_handles.hpp"
#include "failure.hpp"

using namespace rwkv;

namespace {

Backend to_backend(rwkv_qnn_backend number) {
  switch (number) {
    case RWKV_QNN_BACKEND_HTP:
      return Backend::htp;
    case RWKV_QNN_BACKEND_CPU:
      return Backend::cpu;
    case RWKV_QNN_BACKEND_GPU:
      return Backend::gpu;
  }
  throw Failure(FailureKind::argument, "backend", std::to_string(static_cast<int>(number)) + " is none",
                "set it to one of the enum rwkv_qnn_backend");
}

rwkv_qnn_backend to_number(Backend backend) {
  switch (backend) {
    case Backend::htp:
      return RWKV_QNN_BACKEND_HTP;
    case Backend::cpu:
      return RWKV_QNN_BACKEND_CPU;
    case Backend::gpu:
      return RWKV_QNN_BACKEND_GPU;
  }
  return RWKV_QNN_BACKEND_HTP;
}

}   // namespace

void rwkv_qnn_model_options_init(rwkv_qnn_model_options* options, size_t size) {
  api::write_defaults(rwkv_qnn_model_options{}, options, size);
}

rwkv_qnn_error rwkv_qnn_model_init(const rwkv_qnn_model_options* options, rwkv_qnn_model** model) {
  return api::guarded([&] {
    api::require(model != nullptr, "model");
    *model = nullptr;
    const auto given = api::take_options(options, rwkv_qnn_model_options{}, "options");
    api::require(given.qnn_libs != nullptr, "qnn_libs");
    api::require(given.path != nullptr, "path");
    const PerformanceMode& mode = find_performance_mode(given.performance != nullptr ? given.performance : "burst");
    const Backend backend = to_backend(given.backend);
    ModelFiles files = find_model_files(given.path, backend);
    if (given.embedding != nullptr) files.embedding = std::filesystem::path(given.embedding);
    if (given.initial_state != nullptr) files.initial_state = std::filesystem::path(given.initial_state);
    const auto soc_id = given.soc_id != 0 ? std::optional(given.soc_id) : std::nullopt;
    *model = new rwkv_qnn_model{std::make_shared<api::LoadedModel>(given.qnn_libs, backend, soc_id, files, mode)};
  });
}

void rwkv_qnn_model_free(rwkv_qnn_model* model) { delete model; }

rwkv_qnn_error rwkv_qnn_model_set_performance(rwkv_qnn_model* model, const char* performance) {
  return api::guarded([&] {
    api::require(model != nullptr, "model");
    api::require(performance != nullptr, "performance");
    model->loaded->power.vote(find_performance_mode(performance));
  });
}

rwkv_qnn_error rwkv_qnn_model_get_info(const rwkv_qnn_model* model, rwkv_qnn_model_info* info) {
  return api::guarded([&] {
    api::require(model != nullptr, "model");
    const RwkvModel& own = model->loaded->model;
    rwkv_qnn_model_info found{};
    found.vocabulary = own.vocabulary();
    found.layers = own.layers();
    found.prefill_tokens = own.prefill_tokens();
    found.sequences = own.sequences();
    for (const LoadedContext* context : own.contexts()) found.context_bytes += context->metadata().binary_bytes;
    found.shares_spill_fill = own.shares_spill_fill() ? 1 : 0;
    found.spill_fill_bytes = own.spill_fill_bytes();
    found.has_performance_vote = model->loaded->power.has_voted() ? 1 : 0;
    found.soc_id = own.contexts().front()->metadata().soc_id;
    found.htp_arch = own.contexts().front()->metadata().htp_arch;
    found.backend = to_number(model->loaded->library.backend());
    api::hand_out(found, info, "info");
  });
}
