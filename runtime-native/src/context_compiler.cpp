#include "context_compiler.hpp"

#include <chrono>

#include "qnn_error.hpp"

namespace rwkv {

CompiledContext compile_context(const QnnDevice& device, std::vector<std::unique_ptr<GraphSource>> sources,
                                const CompileOptions& options, const std::filesystem::path& subject,
                                const BinaryRoom& room) {
  const qnn::Interface& functions = device.library().functions();
  const std::string name = subject.string();
  const auto composed = std::make_shared<const ComposedContext>(device, std::move(sources), options, name);
  CompiledContext compiled;
  compiled.costs = composed->costs();
  compiled.seconds = {composed->compose_seconds(), composed->finalize_seconds(), 0};

  const auto start = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  check_qnn(functions.context_get_binary_size(composed->handle(), &bytes), name, "asking for the context's size");
  const std::span<std::byte> binary = room(bytes);
  std::uint64_t written = 0;
  check_qnn(functions.context_get_binary(composed->handle(), binary.data(), bytes, &written), name,
            "serialising the context");
  compiled.binary = binary.first(written);
  compiled.seconds.serialise = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  compiled.compiler = composed;
  return compiled;
}

}   // namespace rwkv
