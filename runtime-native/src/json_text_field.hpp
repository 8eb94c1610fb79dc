// One text out of a JSON object, as data sets have one on each line.
#pragma once

#include <string>
#include <string_view>

namespace rwkv {

/// The string that a JSON object has under `field`, as UTF-8; its other fields may hold anything. Throws
/// std::invalid_argument that says what is wrong, and where.
std::string json_text_field(std::string_view object, std::string_view field);

}   // namespace rwkv
