// What stands behind the handles of the C API.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "htp_power.hpp"
#include "qnn_device.hpp"
#include "qnn_library.hpp"
#include "rwkv_batch.hpp"
#include "rwkv_model.hpp"
#include "rwkv_session.hpp"

namespace rwkv::api {

// In the order in which they must be made; destroyed in the reverse one.
struct LoadedModel {
  LoadedModel(const std::filesystem::path& qnn_libs, Backend backend, std::optional<std::uint32_t> soc_id,
              const ModelFiles& own, const PerformanceMode& mode)
      : files(own),
        library(qnn_libs, backend),
        device(library, soc_id),
        power(library.functions(), mode),
        model(device, own) {}

  ModelFiles files;
  QnnLibrary library;
  QnnDevice device;
  HtpPower power;
  RwkvModel model;
};

}   // namespace rwkv::api

// Shared: a model goes when the last handle on it does.
struct rwkv_qnn_model {
  std::shared_ptr<rwkv::api::LoadedModel> loaded;
};

struct rwkv_qnn_session {
  std::shared_ptr<rwkv::api::LoadedModel> loaded;
  std::unique_ptr<rwkv::RwkvSession> session;
};

struct rwkv_qnn_batch {
  std::shared_ptr<rwkv::api::LoadedModel> loaded;
  rwkv::RwkvBatch batch;
};
