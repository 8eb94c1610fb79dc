// The emulated phone's sha256sum. Android's is by BoringSSL, which uses the CPU's instructions for it; Debian's takes
// five times as long, and a push would wait for it as on no phone.

#include <array>
#include <cstdio>
#include <vector>

#include <openssl/sha.h>

namespace {

/** Prints the digest of what a file holds; false when it cannot be read. */
bool print_digest(std::FILE* file, const char* name) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::vector<unsigned char> buffer(1 << 18);
  while (const size_t bytes = std::fread(buffer.data(), 1, buffer.size(), file)) {
    SHA256_Update(&context, buffer.data(), bytes);
  }
  if (std::ferror(file)) return false;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256_Final(digest.data(), &context);
  for (const unsigned char byte : digest) std::printf("%02x", byte);
  std::printf("  %s\n", name);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return print_digest(stdin, "-") ? 0 : 1;
  bool all = true;
  for (int index = 1; index < argc; index++) {
    std::FILE* file = std::fopen(argv[index], "rb");
    const bool printed = file != nullptr && print_digest(file, argv[index]);
    if (!printed) std::perror(argv[index]);
    if (file != nullptr) std::fclose(file);
    all = all && printed;
  }
  return all ? 0 : 1;
}
