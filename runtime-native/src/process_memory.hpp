#pragma once

#include <cstdint>

namespace rwkv {

/// The most memory that this process has held so far, in bytes (resident set).
std::uint64_t peak_memory_bytes();

}   // namespace rwkv
