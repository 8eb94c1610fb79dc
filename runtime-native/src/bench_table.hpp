// Speeds as tables that people and programs read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "qnn_backend.hpp"

namespace rwkv {

/// One test of a benchmark: so many tokens, read as a prompt or written one by one, several times.
struct BenchRow {
  std::string model;
  std::uint64_t bytes = 0;   // of its contexts
  std::string soc;           // "SM8650"; empty where nothing tells it
  Backend backend = Backend::htp;
  bool is_emulated = false;
  std::uint64_t prompt_tokens = 0;      // "pp512"; 0: nothing was read
  std::uint64_t generated_tokens = 0;   // "tg128"
  std::vector<double> seconds;          // of each repetition; not empty

  std::string test() const;
  std::vector<double> tokens_per_second() const;
};

double mean(const std::vector<double>& values);
/// Of a sample, with n − 1; 0 for a single value.
double standard_deviation(const std::vector<double>& values);

enum class TableFormat { md, csv, json, jsonl };

/// Rows for one of the formats, whole: with a heading where the format has one.
std::string format_bench(const std::vector<BenchRow>& rows, TableFormat format);

}   // namespace rwkv
