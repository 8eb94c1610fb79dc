// qnn-context: DLCs or model libraries → an HTP context binary for one SoC, with a report of its sizes.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "argument_parser.hpp"
#include "context_compiler.hpp"
#include "context_metadata.hpp"
#include "context_report.hpp"
#include "output_file.hpp"
#include "qnn_log.hpp"
#include "quiet_stdout.hpp"
#include "soc_table.hpp"
#include "tool_main.hpp"

namespace rwkv {
namespace {

constexpr const char* examples = R"(qnn-context --qnn-libs onnxruntime_qnn --dlc model_chunk1of2.dlc --soc-id 57 \
            --output model_chunk1of2.bin --report model_chunk1of2.json
qnn-context --qnn-libs onnxruntime_qnn --model-lib libmodel_chunk1of2.so --soc-id 43 \
            --output model_chunk1of2.bin --report model_chunk1of2.json

Compiles a DLC, or a model library as Qualcomm's tools make them, into an HTP context binary for one SoC.
Several of them go into one context, each graph by its name; with --share-weights they keep one copy of what they
have in common, which phones can load and the x86-64 emulator cannot. No phone is needed. SoC ids: SM8550 43, SM8650 57, SC8380 (X Elite) 60, SM8750 69, SM8850 87.

)";

const std::vector<OptionDescription> options{
    {"--qnn-libs", "DIR", "the folder with libQnnHtp.so and libQnnSystem.so"},
    {"--dlc", "FILE", "the DLC to compile; may be given several times", true},
    {"--model-lib", "FILE", "or the model library to compile; may be given several times", true},
    {"--soc-id", "ID", "the SoC to compile for, by QNN's number"},
    {"--optimization", "LEVEL", "1 to 3; default 3, the fastest graph"},
    {"--vtcm-mb", "MB", "on-chip memory to use; default 8"},
    {"--hvx-threads", "N", "vector threads to use; default: all"},
    {"--share-weights", "", "keep the weights that the graphs have in common once"},
    {"--precision", "NAME", "of float operations: fp16 (default), or none to leave it to QNN"},
    {"--output", "FILE", "the context binary; without it, only the report is written"},
    {"--report", "FILE", "a JSON report of its inputs, outputs, sizes and compile times"},
    {"--verbose", "", "show QNN's log"},
    {"--help", "", "show this"},
    {"--version", "", "show the version"},
};

CompileOptions compile_options(const Arguments& arguments) {
  CompileOptions compile;
  compile.optimization_level = static_cast<std::uint32_t>(arguments.whole_number("--optimization", 3, 1, 3));
  compile.vtcm_mb = static_cast<std::uint32_t>(arguments.whole_number("--vtcm-mb", 8, 1, 64));
  if (arguments.has("--hvx-threads")) {
    compile.hvx_threads = static_cast<std::uint32_t>(arguments.whole_number("--hvx-threads", 0, 1, 64));
  }
  if (arguments.has("--share-weights")) compile.weights = Weights::shared;
  const std::string precision = arguments.text("--precision").value_or("fp16");
  if (precision == "none") {
    compile.precision = FloatPrecision::as_written;
  } else if (precision != "fp16") {
    throw UsageError("--precision " + precision + ": expected fp16 or none");
  }
  return compile;
}

int compile(int count, char** words) {
  const Arguments arguments(options, count, words);
  if (arguments.has("--help")) {
    std::printf("%s%s", examples, format_options(options).c_str());
    return exit_ok;
  }
  if (arguments.has("--version")) {
    std::printf("qnn-context %s (for QNN core API %s, HTP %s)\n", program_version, to_string(qnn::core_version).c_str(),
                to_string(qnn::htp_version).c_str());
    return exit_ok;
  }
  if (arguments.has("--dlc") == arguments.has("--model-lib")) throw UsageError("give either --dlc or --model-lib");
  if (!arguments.has("--soc-id")) throw UsageError("--soc-id is missing");
  const std::string input = arguments.required_text(arguments.has("--dlc") ? "--dlc" : "--model-lib");   // the first
  const auto report = arguments.text("--report");
  const auto output = report ? arguments.text("--output") : arguments.required_text("--output");
  const auto soc_id = static_cast<std::uint32_t>(arguments.whole_number("--soc-id", 0, 1, 100000));
  const CompileOptions settings = compile_options(arguments);

  if (arguments.has("--verbose")) show_qnn_log();
  const QuietStdout out(arguments.has("--verbose"));
  const QnnLibrary library(arguments.required_text("--qnn-libs"));
  std::vector<std::unique_ptr<GraphSource>> sources;
  for (const std::string& file : arguments.texts("--dlc")) sources.push_back(open_dlc(file));
  for (const std::string& file : arguments.texts("--model-lib")) sources.push_back(open_model_library(file));
  const QnnDevice device(library, soc_id);
  const Soc* soc = find_soc(soc_id);
  std::fprintf(stderr, "%s: compiling for %s (QNN %s)\n", input.c_str(),
               soc != nullptr ? std::string(soc->name).c_str() : ("SoC " + std::to_string(soc_id)).c_str(),
               library.build_id().c_str());
  std::optional<MappedOutput> file;
  std::vector<std::byte> memory;   // where nobody wants the binary
  const CompiledContext compiled =
      compile_context(device, std::move(sources), settings, input, [&](std::size_t bytes) -> std::span<std::byte> {
        if (output) return file.emplace(*output, bytes).bytes();
        memory.resize(bytes);
        return memory;
      });
  const ContextMetadata metadata = read_context_metadata(library.system(), compiled.binary, input);

  if (file) file->keep(compiled.binary.size());
  if (report) write_output_file(*report, format_context_report(metadata, compiled));
  std::fprintf(stderr, "%s: %zu bytes, compiled in %.2f s\n", output.value_or(input).c_str(), compiled.binary.size(),
               compiled.seconds.compose + compiled.seconds.finalize + compiled.seconds.serialise);
  // The kernel takes back the gigabytes of a large graph at once; the compiler does so piece by piece.
  std::fflush(nullptr);
  std::_Exit(exit_ok);
}

}   // namespace
}   // namespace rwkv

int main(int count, char** words) { return rwkv::run_tool("qnn-context", rwkv::compile, count, words); }
