// The real libraries and the small real model that some tests run on the emulator.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "htp_context.hpp"
#include "htp_device.hpp"
#include "qnn_library.hpp"

namespace rwkv::test {

/// QNN's libraries, opened once; skips the test without --qnn-libs.
const QnnLibrary& qnn_library();

/// A started backend, kept to the end of the process.
const HtpDevice& htp_device();

/// The first chunk of every model under --contexts, those with fewest chunks first; skips the test without any.
std::vector<std::filesystem::path> first_chunks();

/// For models with the embedding outside of the graph: the table beside the contexts, if there is one.
std::optional<std::filesystem::path> embedding_beside(const std::filesystem::path& context);

/// The context's graph that takes one token.
const GraphMetadata& decode_graph(const HtpContext& context);

bool has_head_apart(const HtpContext& last_chunk);
bool takes_tokens(const std::filesystem::path& first_chunk);

/// The table beside the contexts, for models that need it.
std::optional<std::filesystem::path> table_of(const std::filesystem::path& first_chunk);

}   // namespace rwkv::test
