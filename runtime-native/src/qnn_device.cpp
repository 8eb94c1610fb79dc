#include "qnn_device.hpp"

#include <string>

#include "qnn_error.hpp"
#include "qnn_log.hpp"

namespace rwkv {

QnnDevice::QnnDevice(const QnnLibrary& library, std::optional<std::uint32_t> soc_id) : library_(library) {
  const qnn::Interface& functions = library.functions();
  try {
    // Also keeps QNN from its default log, which goes to stdout.
    const qnn::LogLevel level = qnn_log_is_shown() ? qnn::LogLevel::info : qnn::LogLevel::error;
    check_qnn(functions.log_create(collect_qnn_log, level, &log_), "libQnnHtp.so", "creating its log");
    check_qnn(functions.backend_create(log_, nullptr, &backend_), "libQnnHtp.so", "starting the backend");

    qnn::HtpDeviceConfig soc{};
    soc.option = qnn::htp_device_soc;
    soc.soc_model = soc_id.value_or(0);
    const qnn::Config config{qnn::config_custom, &soc};
    const qnn::Config* configs[] = {soc_id ? &config : nullptr, nullptr};
    const std::string subject = soc_id ? "SoC " + std::to_string(*soc_id) : "this machine's SoC";
    check_qnn(functions.device_create(log_, configs, &device_), subject, "creating the HTP device");
  } catch (...) {
    release();
    throw;
  }
}

QnnDevice::~QnnDevice() { release(); }

void QnnDevice::release() noexcept {
  const qnn::Interface& functions = library_.functions();
  if (device_ != nullptr) functions.device_free(device_);
  if (backend_ != nullptr) functions.backend_free(backend_);
  if (log_ != nullptr) functions.log_free(log_);
  device_ = backend_ = log_ = nullptr;
}

}   // namespace rwkv
