#include "tensor_memory.hpp"

#include <algorithm>
#include <cstdint>

#include "test_case.hpp"

using namespace rwkv;

TEST("what is taken of a session's memory is zero, begins where an HVX vector may, and overlaps nothing") {
  TensorMemory memory;
  std::byte* last_end = nullptr;
  for (const std::size_t bytes : {1u, 128u, 129u, 4u, 131072u}) {
    std::byte* const taken = memory.take(bytes);
    CHECK_EQUAL(reinterpret_cast<std::uintptr_t>(taken) % 128, 0u);
    CHECK(std::all_of(taken, taken + bytes, [](std::byte one) { return one == std::byte{0}; }));
    std::fill(taken, taken + bytes, std::byte{0xff});
    CHECK(taken >= last_end);
    last_end = taken + bytes;
  }
}

TEST("a session's memory grows by blocks, also by one for a tensor that is larger than a block") {
  TensorMemory memory;
  CHECK_EQUAL(memory.bytes(), 0u);
  memory.take(1);
  const std::size_t block = memory.bytes();
  memory.take(block - 128);
  CHECK_EQUAL(memory.bytes(), block);
  std::byte* const large = memory.take(3 * block + 1);
  CHECK_EQUAL(memory.bytes(), 5 * block);
  large[3 * block] = std::byte{1};
  CHECK_EQUAL(memory.take_floats(7).size(), 7u);
}
