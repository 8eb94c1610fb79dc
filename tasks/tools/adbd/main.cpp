// The start of the emulated phone's adbd. On a phone, init sets the properties that adbd reads; here they come
// from the file that ADBD_PROPERTIES names, a `name=value` a line.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <android-base/properties.h>

// adbd's own main, which its file gets this name for by the compiler's command line.
int adbd_main_of_android(int argc, char** argv);

int main(int argc, char** argv) {
  const char* path = std::getenv("ADBD_PROPERTIES");
  std::ifstream file(path == nullptr ? "" : path);
  if (!file) {
    std::fprintf(stderr, "adbd: ADBD_PROPERTIES names no file of properties\n");
    return 1;
  }
  for (std::string line; std::getline(file, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    android::base::SetProperty(line.substr(0, equals), line.substr(equals + 1));
  }
  return adbd_main_of_android(argc, argv);
}
