#include "common_options.hpp"

#include <cstdio>

#include "failure.hpp"
#include "qnn_folder.hpp"

namespace rwkv {
namespace {

ModelFiles model_files(const Arguments& arguments) {
  ModelFiles files = find_model_files(chosen_model(arguments), chosen_backend(arguments));
  if (const auto file = arguments.text("--embedding")) files.embedding = std::filesystem::path(*file);
  if (const auto file = arguments.text("--initial-state")) files.initial_state = std::filesystem::path(*file);
  return files;
}

// Before anything is loaded, so that a wrong name costs no time.
const PerformanceMode& chosen_performance(const Arguments& arguments) {
  try {
    return find_performance_mode(arguments.text("--performance").value_or("burst"));
  } catch (const Failure& failure) {
    throw UsageError(std::string("--") + failure.what() + "; " + failure.hint());
  }
}

std::string performance_help() {
  std::string names;
  for (const PerformanceMode& mode : performance_modes())
    names += (names.empty() ? "how fast the HTP's clocks run, while the model does: " : ", ") + std::string(mode.name);
  return names + "; default burst";
}

std::optional<std::uint32_t> chosen_soc_id(const Arguments& arguments) {
  if (!arguments.has("--soc-id")) return {};
  return static_cast<std::uint32_t>(arguments.whole_number("--soc-id", 0, 1, 100'000));
}

}   // namespace

std::vector<OptionDescription> all_options(const Command& command) {
  std::vector<OptionDescription> all = command.options;
  const auto add = [&](unsigned group, const OptionDescription& option) {
    if ((command.common & group) == group) all.push_back(option);
  };
  add(takes_tokenizer,
      {"--tokenizer", "NAME",
       "byte, abc, midi, or world:FILE with the vocabulary's file; default: what the model says is its own"});
  add(takes_contexts, {"--context", "PATH", "the model, where it isn't the first word"});
  add(takes_contexts, {"--qnn-libs", "DIR",
                       "the folder with libQnnSystem.so and the backend's library, such as libQnnHtp.so; without it, "
                       "where the dynamic loader finds them (LD_LIBRARY_PATH)"});
  add(takes_backend, {"--backend", "NAME",
                      "htp (default), cpu or gpu; the last two run model libraries, libMODEL_chunkIofN.so, alone"});
  add(takes_backend, {"--soc-id", "ID",
                      "the SoC that model libraries are compiled for on the HTP, by QNN's number; default: the one "
                      "that this runs on"});
  add(takes_tables, {"--embedding", "FILE",
                     "the float32 table of a model whose embedding is outside of the graph; default: embedding.f32 of "
                     "the model's folder"});
  add(takes_tables, {"--initial-state", "FILE",
                     "what the model's heads start from, float32; default: initial-state.f32 of the model's folder, "
                     "else zeros"});
  add(runs_a_model, {"--performance", "MODE", performance_help()});
  add(takes_json, {"--json", "FILE", "write the results here; - for stdout"});
  add(0, {"--verbose", "", "show QNN's log"});
  add(0, {"--help", "", "show this"});
  return all;
}

std::filesystem::path chosen_model(const Arguments& arguments) {
  const auto option = arguments.text("--context");
  if (option && !arguments.words().empty())
    throw UsageError("'" + arguments.words().front() + "': the model is given twice, as --context too");
  if (option && !option->empty()) return *option;
  if (arguments.words().empty() || arguments.words().front().empty())
    throw UsageError("the model is missing: give its folder, its pack, or its first context MODEL_chunk1ofN.bin");
  return arguments.words().front();
}

std::unique_ptr<Tokenizer> chosen_tokenizer(const Arguments& arguments) {
  if (arguments.has("--tokenizer")) return open_tokenizer(arguments.required_text("--tokenizer"));
  const ModelFiles files = find_model_files(chosen_model(arguments));
  if (files.tokenizer.empty()) throw UsageError("--tokenizer is missing, and the model doesn't say which is its own");
  return open_tokenizer(files);
}

std::filesystem::path qnn_folder(const Arguments& arguments, const char* library) {
  if (arguments.has("--qnn-libs")) return arguments.required_text("--qnn-libs");
  const auto folder = find_qnn_folder(library);
  std::fprintf(stderr, "QNN: %s\n", folder.c_str());
  return folder;
}

Backend chosen_backend(const Arguments& arguments) {
  const std::string name = arguments.text("--backend").value_or("htp");
  const auto backend = find_backend(name);
  if (!backend) throw UsageError("--backend " + name + ": expected htp, cpu or gpu");
  return *backend;
}

LoadedModel::LoadedModel(const Arguments& arguments, ExtraOutputs extra)
    : files(model_files(arguments)),
      library(qnn_folder(arguments, facts_of(chosen_backend(arguments)).library), chosen_backend(arguments)),
      device(library, chosen_soc_id(arguments)),
      power(library.functions(), chosen_performance(arguments)),
      power_end(power),
      model(device, files, extra),
      session(model),
      load_seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()) {
  if (!power.refusal().empty()) std::fprintf(stderr, "performance: %s\n", power.refusal().c_str());
  if (!session.shared_memory_refusal().empty())
    std::fprintf(stderr, "tensors are copied: %s\n", session.shared_memory_refusal().c_str());
}

}   // namespace rwkv
