// The real libraries and the small real model that some tests run on the emulator.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "loaded_context.hpp"
#include "qnn_device.hpp"
#include "qnn_library.hpp"
#include "rwkv_session.hpp"

namespace rwkv::test {

/// QNN's libraries, opened once; skips the test without --qnn-libs.
const QnnLibrary& qnn_library();

/// A started backend, kept to the end of the process.
const QnnDevice& qnn_device();

/// The first chunk of every model under --contexts, those with fewest chunks first; skips the test without any.
std::vector<std::filesystem::path> first_chunks();

/// For models with the embedding outside of the graph: the table beside the contexts, if there is one.
std::optional<std::filesystem::path> embedding_beside(const std::filesystem::path& context);

/// The context's graph that takes one token.
const GraphMetadata& decode_graph(const LoadedContext& context);

bool has_head_apart(const LoadedContext& last_chunk);
bool takes_tokens(const std::filesystem::path& first_chunk);

/// The files of a model, with the table beside the contexts where it needs one.
ModelFiles files_of(const std::filesystem::path& first_chunk);

/// A model with one session.
struct OpenModel {
  explicit OpenModel(const ModelFiles& files, ExtraOutputs extra = ExtraOutputs::refused)
      : model(qnn_device(), files, extra), session(model) {}
  explicit OpenModel(const std::filesystem::path& first_chunk) : OpenModel(files_of(first_chunk)) {}
  std::vector<float> feed(std::uint32_t token);

  RwkvModel model;
  RwkvSession session;
};

}   // namespace rwkv::test
