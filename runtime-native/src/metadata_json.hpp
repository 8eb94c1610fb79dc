// What stands in a context binary, as JSON.
#pragma once

#include "context_metadata.hpp"
#include "json_writer.hpp"

namespace rwkv {

/// The fields of an object: name, inputs, outputs, and the sizes that the HTP backend states.
void write_graph(JsonWriter& json, const GraphMetadata& graph);

/// The fields of an object, beside its graphs: the sizes of the whole context, its SoC and its compiler.
void write_context_facts(JsonWriter& json, const ContextMetadata& context);

/// Of all graphs together; nothing when one of them doesn't state its sizes.
std::optional<GraphMemory> whole_context_memory(const ContextMetadata& context);

}   // namespace rwkv
