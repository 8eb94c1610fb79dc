// Whether what stands in a context binary can be read without leaving it.
//
// libQnnSystem and libQnnHtp follow the offsets in a damaged description wherever they lead, and crash. So they are
// given none that was not gone through here first.
//
// A context binary of QAIRT 2.51, numbers little-endian but for the first four words, which are of the format:
//   u32 2, 3, 0, 1 (big-endian) · u64 bytes of the description · u64 offset and u64 bytes of what the HTP loads
//   the description, a FlatBuffer
// There is no schema of it in any package; the fields are named by what libQnnSystem gives out for them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace rwkv {

/// Goes through the description's every table, text and list. `name` is for messages. Throws Failure (format) for a
/// truncated or damaged one, (version) for one with fields or versions that aren't known.
void check_context_layout(std::span<const std::byte> binary, const std::string& name);

}   // namespace rwkv
