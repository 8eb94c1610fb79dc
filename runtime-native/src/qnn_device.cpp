#include "qnn_device.hpp"

#include <string>

#include "failure.hpp"
#include "qnn_error.hpp"
#include "qnn_log.hpp"

namespace rwkv {
namespace {

constexpr qnn::Error not_supported = 1000;

}   // namespace

QnnDevice::QnnDevice(const QnnLibrary& library, std::optional<std::uint32_t> soc_id)
    : library_(library), soc_id_(soc_id.value_or(0)) {
  const BackendFacts& facts = facts_of(library.backend());
  if (soc_id && library.backend() != Backend::htp) {
    throw Failure(FailureKind::argument, "SoC " + std::to_string(*soc_id),
                  std::string("is chosen for the HTP, but the model runs on the ") + facts.title, "leave out the SoC");
  }
  const qnn::Interface& functions = library.functions();
  try {
    // Also keeps QNN from its default log, which goes to stdout.
    const qnn::LogLevel level = qnn_log_is_shown() ? qnn::LogLevel::info : qnn::LogLevel::error;
    check_qnn(functions.log_create(collect_qnn_log, level, &log_), facts.library, "creating its log");
    check_qnn(functions.backend_create(log_, nullptr, &backend_), facts.library, "starting the backend");
    create_device();
  } catch (...) {
    release();
    throw;
  }
}

QnnDevice::~QnnDevice() { release(); }

void QnnDevice::create_device() {
  qnn::HtpDeviceConfig soc{};
  soc.option = qnn::htp_device_soc;
  soc.soc_model = soc_id_;
  const qnn::Config config{qnn::config_custom, &soc};
  const qnn::Config* configs[] = {soc_id_ != 0 ? &config : nullptr, nullptr};
  const qnn::Error error = library_.functions().device_create(log_, configs, &device_);
  if (library_.backend() != Backend::htp && (error & 0xffffffffu) == not_supported) {
    device_ = nullptr;
    take_qnn_log_errors();
    return;
  }
  const std::string subject = soc_id_ != 0 ? "SoC " + std::to_string(soc_id_) : "this machine's SoC";
  check_qnn(error, subject, std::string("creating the ") + facts_of(library_.backend()).title + " device");
}

void QnnDevice::release() noexcept {
  const qnn::Interface& functions = library_.functions();
  if (device_ != nullptr) functions.device_free(device_);
  if (backend_ != nullptr) functions.backend_free(backend_);
  if (log_ != nullptr) functions.log_free(log_);
  device_ = backend_ = log_ = nullptr;
}

}   // namespace rwkv
