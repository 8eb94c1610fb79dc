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

// Null when there is no memory.
void* try_allocate(std::size_t bytes, std::size_t alignment, const void* caller) noexcept {
  if (is_counting && is_own(caller)) ++counted;
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) == 0 ? memory : nullptr;
}

void* allocate(std::size_t bytes, std::size_t alignment, const void* caller) {
  if (void* const memory = try_allocate(bytes, alignment, caller)) return memory;
  throw std::bad_alloc();
}

}   // namespace

AllocationCounter::AllocationCounter() {
  counted = 0;
  is_counting = true;
}

AllocationCounter::~AllocationCounter() { is_counting = false; }

std::size_t AllocationCounter::count() const { return counted; }

}   // namespace rwkv::test

// All forms, also those that nobody here uses: QNN's libraries free by one what they made by another.
void* operator new(std::size_t bytes) {
  return rwkv::test::allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes) {
  return rwkv::test::allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return rwkv::test::try_allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return rwkv::test::try_allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return rwkv::test::allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return rwkv::test::allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return rwkv::test::try_allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return rwkv::test::try_allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }
