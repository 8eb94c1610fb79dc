// What rwkv-run tells at its end.
#pragma once

#include <optional>
#include <string>

#include "batch_generation.hpp"
#include "run_options.hpp"
#include "text_evaluation.hpp"
#include "text_generation.hpp"

namespace rwkv {

struct RunResult {
  std::optional<Generation> generation;
  std::optional<BatchGeneration> batch;
  std::optional<Evaluation> evaluation;
  double load_seconds = 0;
};

/// The lines for stderr.
std::string format_run_summary(const RunResult& result);

/// The JSON for --json.
std::string format_run_json(const RunOptions& options, const RwkvSession& session, const QnnLibrary& library,
                            const RunResult& result);

}   // namespace rwkv
