// QNN's two libraries and their checked function tables.
#pragma once

#include <filesystem>
#include <string>

#include "dynamic_library.hpp"
#include "qnn_backend.hpp"
#include "qnn_functions.hpp"

namespace rwkv {

/// libQnnSystem.so alone: it reads what stands in contexts, without a device.
class QnnSystem {
 public:
  /// Opens it in `folder`. Throws Failure (file) when it can't be loaded, (version) for an unknown system API.
  explicit QnnSystem(const std::filesystem::path& folder);

  const qnn::SystemInterface& functions() const { return *functions_; }

 private:
  DynamicLibrary library_;
  const qnn::SystemInterface* functions_ = nullptr;
};

class QnnLibrary {
 public:
  /// Opens the backend's library, such as libQnnHtp.so, and libQnnSystem.so in `folder`. Throws Failure (file) when one
  /// can't be loaded and Failure (version) when the core, backend or system API isn't the one whose layout is known.
  explicit QnnLibrary(const std::filesystem::path& folder, Backend backend = Backend::htp);

  Backend backend() const { return backend_; }

  const qnn::Interface& functions() const { return *functions_; }
  const QnnSystem& system() const { return system_; }

  /// For example "v2.51.0.260929181845".
  std::string build_id() const;

 private:
  Backend backend_;
  DynamicLibrary library_;
  QnnSystem system_;
  const qnn::Interface* functions_ = nullptr;
};

/// Throws Failure (version) that names `library`, the axis ("core API") and what was found, unless the found version has
/// the known major and minor number.
void require_qnn_version(const std::filesystem::path& library, const char* axis, const qnn::Version& found,
                         const qnn::Version& known);

std::string to_string(const qnn::Version& version);

}   // namespace rwkv
