#include "rpc_memory.hpp"

#include <limits>
#include <utility>

#include "failure.hpp"

namespace rwkv {
namespace {

constexpr int system_heap = 25;
constexpr std::uint32_t cached = 1;   // for the CPU; QNN keeps both sides coherent

}   // namespace

RpcMemory::RpcMemory(DynamicLibrary library)
    : library_(std::move(library)),
      alloc_(library_.function<void* (*)(int, std::uint32_t, int)>("rpcmem_alloc")),
      free_(library_.function<void (*)(void*)>("rpcmem_free")),
      to_fd_(library_.function<int (*)(void*)>("rpcmem_to_fd")) {}

std::unique_ptr<const RpcMemory> RpcMemory::find() {
  try {
    return std::unique_ptr<const RpcMemory>(new RpcMemory(DynamicLibrary("libcdsprpc.so", "")));
  } catch (const Failure&) {
    return nullptr;
  }
}

std::byte* RpcMemory::allocate(std::size_t bytes) const {
  if (bytes > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  return static_cast<std::byte*>(alloc_(system_heap, cached, static_cast<int>(bytes)));
}

}   // namespace rwkv
