#include "qnn_folder.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "failure.hpp"

namespace rwkv {
namespace {

std::string places_looked_at() {
  const char* places = std::getenv("LD_LIBRARY_PATH");
  return places != nullptr && *places != '\0' ? std::string("in LD_LIBRARY_PATH, which is ") + places
                                              : "among the system's libraries, for LD_LIBRARY_PATH is not set";
}

}   // namespace

std::filesystem::path find_qnn_folder(const char* library) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* words = dlerror();
    throw Failure(
        FailureKind::file, library,
        "is not found without --qnn-libs, " + places_looked_at() + ": " + (words != nullptr ? words : "unknown reason"),
        "give --qnn-libs DIR, or put the folder on LD_LIBRARY_PATH; for example onnxruntime_qnn of the "
        "onnxruntime-qnn wheel");
  }
  // Where one of its functions is tells the file, by calls that every C library has.
  Dl_info place{};
  for (const char* function : {"QnnInterface_getProviders", "QnnSystemInterface_getProviders"}) {
    const void* address = dlsym(handle, function);
    if (address == nullptr || dladdr(address, &place) == 0 || place.dli_fname == nullptr) continue;
    return std::filesystem::absolute(place.dli_fname).parent_path();
  }
  throw Failure(FailureKind::format, library, "is not one of QNN's libraries", "give --qnn-libs DIR");
}

}   // namespace rwkv
