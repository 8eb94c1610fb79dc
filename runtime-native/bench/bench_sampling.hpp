// How long a token takes to be chosen, by TokenSampler and the plain way.
#pragma once

#include "json_writer.hpp"

namespace rwkv::bench {

/// Writes an array of {name, microseconds, plain_microseconds}: at 65536 logits of −1.5 · ln(rank) at random places, for
/// several chains of limits; each figure is the best of several means.
void write_sampling(JsonWriter& json);

}   // namespace rwkv::bench
