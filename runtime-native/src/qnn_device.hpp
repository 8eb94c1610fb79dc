// The HTP backend, started, with one device: what contexts are compiled and run on.
#pragma once

#include <cstdint>
#include <optional>

#include "qnn_library.hpp"

namespace rwkv {

/// QNN's HTP library for x86-64 is an emulator.
#if defined(__x86_64__)
inline constexpr bool is_emulated = true;
#else
inline constexpr bool is_emulated = false;
#endif

class QnnDevice {
 public:
  /// `soc_id` chooses the SoC to compile for (or to emulate); without it QNN takes the one it runs on.
  /// `library` must outlive the device. Throws Failure (backend).
  QnnDevice(const QnnLibrary& library, std::optional<std::uint32_t> soc_id);
  ~QnnDevice();
  QnnDevice(const QnnDevice&) = delete;
  QnnDevice& operator=(const QnnDevice&) = delete;

  const QnnLibrary& library() const { return library_; }
  qnn::Handle log() const { return log_; }
  qnn::Handle backend() const { return backend_; }
  qnn::Handle device() const { return device_; }

 private:
  void release() noexcept;

  const QnnLibrary& library_;
  qnn::Handle log_ = nullptr;
  qnn::Handle backend_ = nullptr;
  qnn::Handle device_ = nullptr;
};

}   // namespace rwkv
