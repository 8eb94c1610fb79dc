#include "api_guard.hpp"

#include <new>
#include <string>

#include "failure.hpp"
#include "qnn_abi.hpp"
#include "qnn_library.hpp"
#include "tool_main.hpp"

namespace rwkv::api {
namespace {

thread_local std::string last_error;

rwkv_qnn_error to_error(FailureKind kind) {
  switch (kind) {
    case FailureKind::argument:
      return RWKV_QNN_INVALID_ARGUMENT;
    case FailureKind::file:
      return RWKV_QNN_FILE;
    case FailureKind::format:
      return RWKV_QNN_FORMAT;
    case FailureKind::version:
      return RWKV_QNN_VERSION;
    case FailureKind::backend:
      return RWKV_QNN_BACKEND;
    case FailureKind::cancelled:
      return RWKV_QNN_CANCELLED;
  }
  return RWKV_QNN_INTERNAL;
}

rwkv_qnn_error remember(rwkv_qnn_error error, const char* words, const std::string& hint) noexcept {
  try {
    last_error = hint.empty() ? words : words + ("; " + hint);
  } catch (...) {
    last_error.clear();
  }
  return error;
}

}   // namespace

rwkv_qnn_error remember_exception() noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    return remember(to_error(failure.kind()), failure.what(), failure.hint());
  } catch (const std::bad_alloc&) {
    return remember(RWKV_QNN_OUT_OF_MEMORY, "out of memory", {});
  } catch (const std::exception& error) {
    return remember(RWKV_QNN_INTERNAL, error.what(), {});
  } catch (...) {
    return remember(RWKV_QNN_INTERNAL, "an unknown exception", {});
  }
}

void require(bool given, const char* what) {
  if (!given) throw Failure(FailureKind::argument, what, "is missing or NULL", "");
}

void require_size(std::size_t size, const char* structure) {
  constexpr std::size_t largest = 4096;
  if (size >= sizeof size && size <= largest) return;
  throw Failure(FailureKind::argument, structure, "has a size of " + std::to_string(size) + " bytes",
                "set its field `size` to its sizeof");
}

}   // namespace rwkv::api

const char* rwkv_qnn_get_last_error(void) { return rwkv::api::last_error.c_str(); }

const char* rwkv_qnn_get_version(void) { return rwkv::program_version; }

const char* rwkv_qnn_get_qnn_version(void) {
  static const std::string version = rwkv::to_string(qnn::core_version);
  return version.c_str();
}
