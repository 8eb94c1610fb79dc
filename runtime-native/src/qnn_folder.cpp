#include "qnn_folder.hpp"

#include <dlfcn.h>
#include <link.h>

#include <string>

#include "failure.hpp"

namespace rwkv {

std::filesystem::path find_qnn_folder(const char* library) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  link_map* map = nullptr;
  if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) {
    const char* words = dlerror();
    throw Failure(FailureKind::file, library,
                  std::string("is not found without --qnn-libs: ") + (words != nullptr ? words : "unknown reason"),
                  "give --qnn-libs DIR, or put the folder on LD_LIBRARY_PATH; for example onnxruntime_qnn of the "
                  "onnxruntime-qnn wheel");
  }
  return std::filesystem::absolute(map->l_name).parent_path();
}

}   // namespace rwkv
