#include "dynamic_library.hpp"

#include <dlfcn.h>

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {

// Never closed: QNN's libraries keep worker threads and thread-local destructors that outlive their last handle, and
// unmapping code under them would crash at exit.
DynamicLibrary::DynamicLibrary(const std::filesystem::path& path, const std::string& hint) : path_(path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* words = dlerror();
    const std::string reason = words != nullptr ? words : "unknown reason";
    const auto explained = explain_qnn_error(qnn::success, {reason});
    throw Failure(FailureKind::file, path.string(), "the library can't be loaded: " + reason,
                  explained ? explained->cause + ": " + explained->hint : hint);
  }
}

void* DynamicLibrary::address(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr) {
    throw Failure(FailureKind::format, path_.string(), std::string("exports no function ") + name,
                  "check that this is the right library");
  }
  return found;
}

}   // namespace rwkv
