// SHA-256, of which every format of this library carries one (FIPS 180-4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rwkv {

using Digest = std::array<std::byte, 32>;

Digest sha256(std::span<const std::byte> bytes);

}   // namespace rwkv
