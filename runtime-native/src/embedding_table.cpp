#include "embedding_table.hpp"

#include <bit>
#include <string>

#include "failure.hpp"

namespace rwkv {

static_assert(std::endian::native == std::endian::little, "the table is used as it lies in the file");

EmbeddingTable::EmbeddingTable(const FileRange& range, std::size_t width)
    : file_(range), width_(width), rows_(file_.bytes().size() / (width * sizeof(float))) {
  if (rows_ * width * sizeof(float) != file_.bytes().size()) {
    throw Failure(FailureKind::format, range.name(),
                  "has " + std::to_string(file_.bytes().size()) + " bytes, which are no whole rows of " +
                      std::to_string(width) + " float32",
                  "use the embedding that was exported with this model");
  }
}

std::span<const float> EmbeddingTable::row(std::uint32_t token) const {
  const auto* values = reinterpret_cast<const float*>(file_.bytes().data());
  return {values + token * width_, width_};
}

}   // namespace rwkv
