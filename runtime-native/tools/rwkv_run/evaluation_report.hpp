// What an evaluation found, for people and for programs.
#pragma once

#include <string>

#include "json_writer.hpp"
#include "lambada_evaluation.hpp"
#include "text_evaluation.hpp"

namespace rwkv {

/// The lines for stderr.
std::string summary_of(const Evaluation& evaluation);
std::string summary_of(const LambadaResult& result);

/// The field "evaluation", or "lambada".
void write_evaluation(JsonWriter& json, const Evaluation& evaluation);
void write_lambada(JsonWriter& json, const LambadaResult& result);

/// The field "probes": what a file of --probes has for each token, in its order.
void write_probes(JsonWriter& json, const RwkvSession& session);

}   // namespace rwkv
