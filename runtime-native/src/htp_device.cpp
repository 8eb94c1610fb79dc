#include "htp_device.hpp"

#include <string>

#include "qnn_error.hpp"
#include "qnn_log.hpp"

namespace rwkv {

HtpDevice::HtpDevice(const QnnLibrary& library, std::optional<std::uint32_t> soc_id) : library_(library) {
  const qnn::Interface& htp = library.htp();
  try {
    // Also keeps QNN from its default log, which goes to stdout.
    const qnn::LogLevel level = qnn_log_is_shown() ? qnn::LogLevel::info : qnn::LogLevel::error;
    check_qnn(htp.log_create(collect_qnn_log, level, &log_), "libQnnHtp.so", "creating its log");
    check_qnn(htp.backend_create(log_, nullptr, &backend_), "libQnnHtp.so", "starting the backend");

    qnn::HtpDeviceConfig soc{};
    soc.option = qnn::htp_device_soc;
    soc.soc_model = soc_id.value_or(0);
    const qnn::Config config{qnn::config_custom, &soc};
    const qnn::Config* configs[] = {soc_id ? &config : nullptr, nullptr};
    const std::string subject = soc_id ? "SoC " + std::to_string(*soc_id) : "this machine's SoC";
    check_qnn(htp.device_create(log_, configs, &device_), subject, "creating the HTP device");
  } catch (...) {
    release();
    throw;
  }
}

HtpDevice::~HtpDevice() { release(); }

void HtpDevice::release() noexcept {
  const qnn::Interface& htp = library_.htp();
  if (device_ != nullptr) htp.device_free(device_);
  if (backend_ != nullptr) htp.backend_free(backend_);
  if (log_ != nullptr) htp.log_free(log_);
  device_ = backend_ = log_ = nullptr;
}

}   // namespace rwkv
