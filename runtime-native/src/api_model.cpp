// The C API's models.
#include "api_guard.hpp"
#include "api_handles.hpp"

using namespace rwkv;

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
    ModelFiles files = find_model_files(given.path);
    if (given.embedding != nullptr) files.embedding = std::filesystem::path(given.embedding);
    if (given.initial_state != nullptr) files.initial_state = std::filesystem::path(given.initial_state);
    *model = new rwkv_qnn_model{std::make_shared<api::LoadedModel>(given.qnn_libs, files, mode)};
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
    api::hand_out(found, info, "info");
  });
}
