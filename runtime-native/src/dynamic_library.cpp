#include "dynamic_library.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "failure.hpp"
#include "qnn_error.hpp"

namespace rwkv {
namespace {

// ELF's numbers of machines.
constexpr std::uint16_t x86_64 = 62, aarch64 = 183, hexagon = 164;
#if defined(__x86_64__)
constexpr std::uint16_t own_machine = x86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = aarch64;
#endif

std::string name_of_machine(std::uint16_t machine) {
  switch (machine) {
    case x86_64:
      return "x86-64";
    case aarch64:
      return "AArch64";
    case hexagon:
      return "the Hexagon DSP";
    default:
      return "machine " + std::to_string(machine) + " of ELF's list";
  }
}

// The loader passes over a library for another CPU, and then says that there is no such file.
void refuse_other_machine(const std::filesystem::path& path) {
  std::array<char, 20> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(head.data(), head.size()) || std::memcmp(head.data(),
                                                          "\x7f"
                                                          "ELF",
                                                          4) != 0)
    return;
  std::uint16_t machine = 0;
  std::memcpy(&machine, &head[18], sizeof machine);
  if (machine == own_machine) return;
  throw Failure(
      FailureKind::format, path.string(),
      "is built for " + name_of_machine(machine) + ", and this program runs on " + name_of_machine(own_machine),
      "give the library that was built for this machine");
}

}   // namespace

// Never closed: QNN's libraries keep worker threads and thread-local destructors that outlive their last handle, and
// unmapping code under them would crash at exit.
DynamicLibrary::DynamicLibrary(const std::filesystem::path& path, const std::string& hint) : path_(path) {
  refuse_other_machine(path);
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
