// What is written in another language's syntax: a JSON object on a line, and a literal of Python.
#include <stdexcept>

#include "json_text_field.hpp"
#include "json_writer.hpp"
#include "lambada_passages.hpp"
#include "property.hpp"
#include "python_literal.hpp"
#include "utf8_stream.hpp"

using namespace rwkv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  try {
    parse_python_literal(given);
  } catch (const std::invalid_argument&) {
  }
  try {
    const std::string text = json_text_field(given, "text");
    split_passage(text);
  } catch (const std::invalid_argument&) {
  }
  JsonWriter json;
  json.begin_object();
  json.field("other", given);
  json.field("text", given);
  json.end_object();
  must_hold(json_text_field(json.take(), "text") == to_valid_utf8(given), "a text that is written is read the same");
  return 0;
}
