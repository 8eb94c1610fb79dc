// What a Snapdragon has and the emulator lacks, in one library that stands in for three: libQnnHtp.so and libQnnSystem.so
// hand everything on to the real ones, whose folder is REAL_QNN_LIBS, but take shared memory and groups of contexts;
// libcdsprpc.so hands out memfds. What they are asked is appended to the file CALLS, a line each.
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "qnn_functions.hpp"

namespace {

void note(const std::string& line) {
  std::FILE* file = std::fopen(std::getenv("CALLS"), "a");
  std::fprintf(file, "%s\n", line.c_str());
  std::fclose(file);
}

bool refuses(const char* what) {
  const char* refused = std::getenv("REFUSED");
  return refused != nullptr && std::string(refused) == what;
}

template <typename Record>
const Record* real_provider(const char* library, const char* function) {
  void* handle = dlopen((std::string(std::getenv("REAL_QNN_LIBS")) + "/" + library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) std::fprintf(stderr, "%s\n", dlerror());
  using Get = qnn::Error (*)(const Record***, std::uint32_t*);
  const Record** records = nullptr;
  std::uint32_t count = 0;
  reinterpret_cast<Get>(dlsym(handle, function))(&records, &count);
  return records[0];
}

// ---- rpcmem ---------------------------------------------------------------------------------------------------------

std::map<void*, std::pair<int, std::size_t>> allocated;   // file descriptors and sizes

// ---- libQnnHtp.so ---------------------------------------------------------------------------------------------------

const qnn::Interface& real_htp() {
  static const qnn::Interface* real = real_provider<qnn::Interface>("libQnnHtp.so", "QnnInterface_getProviders");
  return *real;
}

struct Registered {
  qnn::Handle context;
  qnn::ClientBuffer buffer;   // of a mapping of its own, as the HTP has one
};
std::mutex registering;
std::map<qnn::Handle, Registered> registered;
std::uintptr_t next_handle = 1;

qnn::Error register_memory(qnn::Handle context, const qnn::MemoryDescription* descriptions, std::uint32_t count,
                           qnn::Handle* handles) {
  if (refuses("memory")) return 1000;
  for (std::uint32_t i = 0; i < count; ++i) {
    const qnn::MemoryDescription& one = descriptions[i];
    const auto* place = static_cast<const qnn::HtpSharedBuffer*>(one.custom);
    if (one.kind != qnn::memory_custom || place->kind != qnn::htp_shared_buffer) return 1002;
    // In hexadecimal a type's name is its bits: 0x232 has 32.
    const unsigned bits = static_cast<unsigned>(one.type) & 0xff;
    std::size_t bytes = (bits >> 4) * 10 + (bits & 15);
    bytes /= 8;
    for (std::uint32_t d = 0; d < one.rank; ++d) bytes *= one.dimensions[d];
    void* whole = mmap(nullptr, place->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, place->fd, 0);
    if (whole == MAP_FAILED || place->offset + bytes > place->bytes) return 1002;
    const std::lock_guard turn(registering);
    handles[i] = reinterpret_cast<qnn::Handle>(next_handle++);
    registered[handles[i]] = {context,
                              {static_cast<std::byte*>(whole) + place->offset, static_cast<std::uint32_t>(bytes)}};
    note("register");
  }
  return qnn::success;
}

qnn::Error deregister_memory(const qnn::Handle* handles, std::uint32_t count) {
  const std::lock_guard turn(registering);
  for (std::uint32_t i = 0; i < count; ++i) note(registered.erase(handles[i]) == 1 ? "deregister" : "unknown handle");
  return qnn::success;
}

std::vector<qnn::Tensor> as_client_buffers(const qnn::Tensor* tensors, std::uint32_t count) {
  std::vector<qnn::Tensor> all(tensors, tensors + count);
  const std::lock_guard turn(registering);
  for (qnn::Tensor& tensor : all) {
    if (tensor.memory != qnn::memory_registered) continue;
    tensor.client = registered.at(tensor.registered).buffer;
    tensor.memory = qnn::memory_raw;
  }
  return all;
}

qnn::Error execute(qnn::Handle graph, const qnn::Tensor* inputs, std::uint32_t input_count, qnn::Tensor* outputs,
                   std::uint32_t output_count, qnn::Handle profile, qnn::Handle signal) {
  const auto in = as_client_buffers(inputs, input_count);
  auto out = as_client_buffers(outputs, output_count);
  return real_htp().graph_execute(graph, in.data(), input_count, out.data(), output_count, profile, signal);
}

qnn::Handle first_of_group = nullptr;

qnn::Error create_context(qnn::Handle backend, qnn::Handle device, const qnn::Config** configs, const void* binary,
                          std::uint64_t bytes, qnn::Handle* context, qnn::Handle profile) {
  const auto* config = configs != nullptr && *configs != nullptr
                           ? static_cast<const qnn::HtpContextConfig*>((*configs)->custom)
                           : nullptr;
  if (config != nullptr && refuses("groups")) return 5010;
  const qnn::Error error =
      real_htp().context_create_from_binary(backend, device, nullptr, binary, bytes, context, profile);
  if (config == nullptr) {
    note("context");
  } else if (config->option == qnn::htp_context_group) {
    const char* place = config->group.first == nullptr ? "first" : "other";
    if (config->group.first == nullptr) first_of_group = *context;
    if (config->group.first != nullptr && config->group.first != first_of_group) place = "wrong";
    note(std::string(place) + " context of a group with " + std::to_string(config->group.spill_fill));
  }
  return error;
}

qnn::Error free_context(qnn::Handle context, qnn::Handle profile) {
  for (const auto& [handle, memory] : registered) {
    if (memory.context == context) note("freed before its memory");
  }
  note(context == first_of_group ? "free the first" : "free");
  return real_htp().context_free(context, profile);
}

// ---- libQnnSystem.so ------------------------------------------------------------------------------------------------

const qnn::SystemInterface& real_system() {
  static const auto* real = real_provider<qnn::SystemInterface>("libQnnSystem.so", "QnnSystemInterface_getProviders");
  return *real;
}

// As of a model that is large enough to spill: the small one doesn't.
qnn::Error get_metadata(qnn::Handle system, const void* binary, std::uint64_t bytes, const qnn::BinaryInfo** info) {
  const qnn::Error error = real_system().context_get_metadata(system, binary, bytes, info);
  for (std::uint32_t i = 0; error == qnn::success && i < (*info)->graph_count; ++i)
    const_cast<qnn::HtpGraphBlob*>((*info)->graphs[i].blob)->spill_fill = bytes % 1000;
  return error;
}

}   // namespace

extern "C" {

qnn::Error QnnInterface_getProviders(const qnn::Interface*** records, std::uint32_t* count) {
  static qnn::Interface own = real_htp();
  own.mem_register = register_memory;
  own.mem_deregister = deregister_memory;
  own.graph_execute = execute;
  own.context_create_from_binary = create_context;
  own.context_free = free_context;
  static const qnn::Interface* all[] = {&own};
  *records = all;
  *count = 1;
  return qnn::success;
}

qnn::Error QnnSystemInterface_getProviders(const qnn::SystemInterface*** records, std::uint32_t* count) {
  // The real record is longer than what is declared of it, and none of the rest is called here.
  static qnn::SystemInterface own = real_system();
  own.context_get_metadata = get_metadata;
  static const qnn::SystemInterface* all[] = {&own};
  *records = all;
  *count = 1;
  return qnn::success;
}

void* rpcmem_alloc(int, std::uint32_t, int bytes) {
  const int fd = memfd_create("rpcmem", 0);
  if (fd < 0 || ftruncate(fd, bytes) != 0) return nullptr;
  void* memory = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  allocated[memory] = {fd, static_cast<std::size_t>(bytes)};
  note("allocate");
  return memory;
}

int rpcmem_to_fd(void* memory) { return allocated.at(memory).first; }

void rpcmem_free(void* memory) {
  const auto [fd, bytes] = allocated.at(memory);
  munmap(memory, bytes);
  close(fd);
  allocated.erase(memory);
  note("release");
}
}
