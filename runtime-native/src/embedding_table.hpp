// The embedding outside of the graph: a raw table of little-endian float32, one row a token.
#pragma once

#include <cstdint>
#include <span>

#include "mapped_file.hpp"

namespace rwkv {

class EmbeddingTable {
 public:
  /// `width` is the length of a row. Throws Failure when it can't be read or doesn't hold whole rows.
  EmbeddingTable(const FileRange& range, std::size_t width);

  std::size_t rows() const { return rows_; }
  /// `token` must be below rows().
  std::span<const float> row(std::uint32_t token) const;

 private:
  MappedFile file_;
  std::size_t width_;
  std::size_t rows_;
};

}   // namespace rwkv
