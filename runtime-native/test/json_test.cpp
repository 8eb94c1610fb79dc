#include <cmath>

#include "json_writer.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

std::string quoted(std::string_view text) {
  JsonWriter json;
  json.string(text);
  return json.take();
}

}   // namespace

TEST("JSON text escapes quotes, backslashes and control characters") {
  CHECK_EQUAL(quoted("a\"b\\c\n\t\r\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f\"\n");
  CHECK_EQUAL(quoted(std::string_view("\0", 1)), "\"\\u0000\"\n");
}

TEST("JSON text keeps UTF-8 and replaces what isn't") {
  CHECK_EQUAL(quoted("é€"), "\"é€\"\n");
  CHECK_EQUAL(quoted("\xFF"), "\"\uFFFD\"\n");
}

TEST("JSON has no word for infinity, so it becomes null") {
  JsonWriter json;
  json.begin_array();
  json.number(INFINITY);
  json.number(NAN);
  json.number(0.5);
  json.end_array();
  CHECK_EQUAL(json.take(), "[\n  null,\n  null,\n  0.5\n]\n");
}

TEST("JSON objects nest and empty ones stay short") {
  JsonWriter json;
  json.begin_object();
  json.key("a");
  json.begin_array();
  json.end_array();
  json.field("n", std::uint64_t{18446744073709551615u});
  json.key("b");
  json.begin_object();
  json.key("c");
  json.boolean(true);
  json.end_object();
  json.end_object();
  CHECK_EQUAL(json.take(), "{\n  \"a\": [],\n  \"n\": 18446744073709551615,\n  \"b\": {\n    \"c\": true\n  }\n}\n");
}
