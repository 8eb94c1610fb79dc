// Where QNN's libraries are when nobody says it.
#pragma once

#include <filesystem>

namespace rwkv {

/// The folder of "libQnnHtp.so", say, as the dynamic loader finds it: on LD_LIBRARY_PATH or among the system's
/// libraries. Loads the library. Throws Failure (file) with the loader's words when there is none.
std::filesystem::path find_qnn_folder(const char* library);

}   // namespace rwkv
