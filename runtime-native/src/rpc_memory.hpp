// Memory that a Snapdragon's CPU and HTP both see: rpcmem, of the system's libcdsprpc.so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "dynamic_library.hpp"

namespace rwkv {

class RpcMemory {
 public:
  /// Null where the system has none: anywhere but on a Snapdragon.
  static std::unique_ptr<const RpcMemory> find();

  /// From the start of a page on, not zeroed; null when there is no more.
  std::byte* allocate(std::size_t bytes) const;
  void release(std::byte* memory) const { free_(memory); }
  /// What the HTP knows the memory by, and what maps it; negative for other memory.
  int file_descriptor(std::byte* memory) const { return to_fd_(memory); }

 private:
  explicit RpcMemory(DynamicLibrary library);

  DynamicLibrary library_;
  void* (*alloc_)(int heap, std::uint32_t flags, int bytes);
  void (*free_)(void* memory);
  int (*to_fd_)(void* memory);
};

}   // namespace rwkv
