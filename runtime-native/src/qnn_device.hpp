// A backend, started, with one device: what contexts are compiled and run on.
#pragma once

#include <cstdint>
#include <optional>

#include "qnn_library.hpp"

namespace rwkv {

/// QNN's HTP library for x86-64 is an emulator.
#if defined(__x86_64__)
inline constexpr bool htp_is_emulated = true;
#else
inline constexpr bool htp_is_emulated = false;
#endif

class QnnDevice {
 public:
  /// `soc_id` chooses the SoC whose HTP to compile for (or to emulate); without it QNN takes the one it runs on.
  /// `library` must outlive the device. Throws Failure (backend); Failure (argument) for a SoC and another backend.
  QnnDevice(const QnnLibrary& library, std::optional<std::uint32_t> soc_id);
  ~QnnDevice();
  QnnDevice(const QnnDevice&) = delete;
  QnnDevice& operator=(const QnnDevice&) = delete;

  const QnnLibrary& library() const { return library_; }
  bool is_emulated() const { return htp_is_emulated && library_.backend() == Backend::htp; }
  /// The SoC that was chosen; 0 for the one it runs on.
  std::uint32_t soc_id() const { return soc_id_; }
  qnn::Handle log() const { return log_; }
  qnn::Handle backend() const { return backend_; }
  /// nullptr for a backend that knows no devices, such as the CPU.
  qnn::Handle device() const { return device_; }

 private:
  void create_device();
  void release() noexcept;

  const QnnLibrary& library_;
  std::uint32_t soc_id_;
  qnn::Handle log_ = nullptr;
  qnn::Handle backend_ = nullptr;
  qnn::Handle device_ = nullptr;
};

}   // namespace rwkv
