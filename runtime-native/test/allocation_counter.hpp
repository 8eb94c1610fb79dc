// What the library allocates, apart from what QNN's libraries do in the same process.
#pragma once

#include <cstddef>

namespace rwkv::test {

/// Counts, from its making on, the calls of operator new by this thread that come from this program or from libstdc++
/// on its behalf. One at a time.
class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  std::size_t count() const;
};

}   // namespace rwkv::test
