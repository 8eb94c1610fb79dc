#include "tensor_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "failure.hpp"
#include "loaded_context.hpp"
#include "qnn_error.hpp"

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
  // All at once: a handle knows its context.
  std::vector<qnn::Handle> handles;
  for (const auto& [key, handle] : handles_) handles.push_back(handle);
  if (any_ != nullptr)
    any_->device().library().functions().mem_deregister(handles.data(), static_cast<std::uint32_t>(handles.size()));
  for (const Block& block : blocks_) {
    if (block.fd >= 0)
      shared_->release(block.begin);
    else
      munmap(block.begin, block.size);
  }
}

// The CPU's own, too, where the device's is used up.
TensorMemory::Block TensorMemory::make_block(std::size_t size) const {
  std::byte* const begin = shared_ != nullptr ? shared_->allocate(size) : nullptr;
  const int fd = begin != nullptr ? shared_->file_descriptor(begin) : -1;
  if (fd < 0) {
    if (begin != nullptr) shared_->release(begin);
    return {map_block(size), size, -1};
  }
  std::memset(begin, 0, size);
  return {begin, size, fd};
}

std::byte* TensorMemory::take(std::size_t bytes) {
  bytes = round_up(bytes, alignment);
  if (blocks_.empty() || blocks_.back().size - used_ < bytes) {
    const std::size_t size = round_up(bytes, large_page);
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back(make_block(size));
    used_ = 0;
  }
  std::byte* const taken = blocks_.back().begin + used_;
  used_ += bytes;
  return taken;
}

qnn::Handle TensorMemory::handle_in(const LoadedContext& context, const TensorInfo& tensor, const std::byte* taken) {
  if (shared_ == nullptr || !refusal_.empty()) return nullptr;
  if (const auto known = handles_.find({&context, taken}); known != handles_.end()) return known->second;
  const auto block = std::find_if(blocks_.begin(), blocks_.end(),
                                  [&](const Block& one) { return taken >= one.begin && taken < one.begin + one.size; });
  if (block->fd < 0) return nullptr;
  const qnn::HtpSharedBuffer place{qnn::htp_shared_buffer, block->size, block->fd,
                                   static_cast<std::uint64_t>(taken - block->begin)};
  qnn::MemoryDescription description{};
  description.rank = static_cast<std::uint32_t>(tensor.shape.size());
  description.dimensions = const_cast<std::uint32_t*>(tensor.shape.data());   // QNN only reads them
  description.type = tensor.type;
  description.kind = qnn::memory_custom;
  description.custom = &place;
  qnn::Handle handle = nullptr;
  const qnn::Error error =
      context.device().library().functions().mem_register(context.handle(), &description, 1, &handle);
  if (error == qnn::success) {
    any_ = &context;
    handles_[{&context, taken}] = handle;
    return handle;
  }
  try {
    check_qnn(error, context.name(), "registering shared memory");
  } catch (const Failure& failure) {
    refusal_ = failure.what();
  }
  return nullptr;
}

std::size_t TensorMemory::bytes() const {
  std::size_t all = 0;
  for (const Block& block : blocks_) all += block.size;
  return all;
}

}   // namespace rwkv
