#include "allocation_counter.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <new>
#include <string_view>

namespace rwkv::test {
namespace {

thread_local bool is_counting = false;
thread_local std::size_t counted = 0;

// Whose code it is by the file that it was loaded from: the program's own, or the C++ library that it is linked with,
// which isn't the one of QNN's libraries.
bool is_own(const void* code) {
  Dl_info here{}, there{};
  if (dladdr(reinterpret_cast<const void*>(&is_own), &here) == 0 || dladdr(code, &there) == 0) return true;
  return there.dli_fbase == here.dli_fbase ||
         std::string_view(there.dli_fname).find("libstdc++") != std::string_view::npos;
}

void* allocate(std::size_t bytes, std::size_t alignment, const void* caller) {
  if (is_counting && is_own(caller)) ++counted;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) != 0) throw std::bad_alloc();
  return memory;
}

}   // namespace

AllocationCounter::AllocationCounter() {
  counted = 0;
  is_counting = true;
}

AllocationCounter::~AllocationCounter() { is_counting = false; }

std::size_t AllocationCounter::count() const { return counted; }

}   // namespace rwkv::test

// The forms that the standard library's other ones call in their turn.
void* operator new(std::size_t bytes) {
  return rwkv::test::allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes) {
  return rwkv::test::allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return rwkv::test::allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
