#include "tensor_memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace rwkv {
namespace {

constexpr std::size_t alignment = 128;        // an HVX vector
constexpr std::size_t large_page = 2 << 20;   // of x86-64, and of arm64 with pages of 4 KiB

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Zeroed, from the start of a large page on; what the kernel gave beyond is given back.
std::byte* map_block(std::size_t size) {
  const std::size_t whole = size + large_page;
  void* mapped = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const all = static_cast<std::byte*>(mapped);
  const std::size_t before = (large_page - reinterpret_cast<std::uintptr_t>(all) % large_page) % large_page;
  if (before > 0) munmap(all, before);
  if (before < large_page) munmap(all + before + size, large_page - before);
  madvise(all + before, size, MADV_HUGEPAGE);   // where the kernel has none, small pages do
  return all + before;
}

}   // namespace

TensorMemory::~TensorMemory() {
  for (const Block& block : blocks_) munmap(block.begin, block.size);
}

std::byte* TensorMemory::take(std::size_t bytes) {
  bytes = round_up(bytes, alignment);
  if (blocks_.empty() || blocks_.back().size - used_ < bytes) {
    const std::size_t size = round_up(bytes, large_page);
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({map_block(size), size});
    used_ = 0;
  }
  std::byte* const taken = blocks_.back().begin + used_;
  used_ += bytes;
  return taken;
}

std::size_t TensorMemory::bytes() const {
  std::size_t all = 0;
  for (const Block& block : blocks_) all += block.size;
  return all;
}

}   // namespace rwkv
