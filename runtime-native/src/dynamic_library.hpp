// A shared library opened at run time.
#pragma once

#include <filesystem>
#include <string>

namespace rwkv {

class DynamicLibrary {
 public:
  /// Opens the library with its symbols kept to itself. Throws Failure (file) with the loader's own words, Failure
  /// (format) for one that was built for another CPU.
  explicit DynamicLibrary(const std::filesystem::path& path, const std::string& hint);

  /// The address of an exported function. Throws Failure (format) when the library has none of this name.
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  void* address(const char* name) const;

  std::filesystem::path path_;
  void* handle_;
};

}   // namespace rwkv
