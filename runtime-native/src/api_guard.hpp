// What every function of the C API does: no exception gets past it, and structures may be older or newer than it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>

#include "rwkv_qnn.h"

namespace rwkv::api {

/// Called where an exception was caught: keeps its words for this thread and gives its number.
rwkv_qnn_error remember_exception() noexcept;

/// Throws Failure (argument) "<what> is missing or NULL" unless `given`.
void require(bool given, const char* what);

/// Throws Failure (argument) for a size that can't be that of a structure whose first field it is.
void require_size(std::size_t size, const char* structure);

template <typename Body>
rwkv_qnn_error guarded(Body body) noexcept {
  try {
    body();
    return RWKV_QNN_OK;
  } catch (...) {
    return remember_exception();
  }
}

/// The caller's options over the defaults. What only the caller knows is ignored, what only this library knows stays at
/// its default.
template <typename Options>
Options take_options(const Options* given, Options defaults, const char* structure) {
  require(given != nullptr, structure);
  require_size(given->size, structure);
  std::memcpy(static_cast<void*>(&defaults), given, std::min(given->size, sizeof defaults));
  return defaults;
}

/// The fields that the caller knows; his size stays.
template <typename Record>
void hand_out(Record own, Record* target, const char* structure) {
  require(target != nullptr, structure);
  require_size(target->size, structure);
  own.size = target->size;
  std::memcpy(static_cast<void*>(target), &own, std::min(target->size, sizeof own));
}

/// Defaults for a caller whose structure has `size` bytes.
template <typename Options>
void write_defaults(Options defaults, Options* options, std::size_t size) {
  if (options == nullptr || size < sizeof defaults.size) return;
  std::memset(static_cast<void*>(options), 0, size);
  defaults.size = size;
  std::memcpy(static_cast<void*>(options), &defaults, std::min(size, sizeof defaults));
}

}   // namespace rwkv::api
