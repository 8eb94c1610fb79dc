// A context's description, as our own check and libQnnSystem read it. RWKV_TEST_QNN_LIBS says where that library is;
// without it only the check is run.
#include <cstdlib>

#include "context_layout.hpp"
#include "context_metadata.hpp"
#include "failure.hpp"

using namespace rwkv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  static const char* const libraries = std::getenv("RWKV_TEST_QNN_LIBS");
  const auto binary = std::as_bytes(std::span(data, bytes));
  try {
    if (libraries == nullptr) {
      check_context_layout(binary, "context.bin");
    } else {
      static const QnnSystem system{libraries};
      read_context_metadata(system, binary, "context.bin");
    }
  } catch (const Failure&) {
  }
  return 0;
}
