#include "json_text_field.hpp"
#include "lambada_passages.hpp"
#include "test_case.hpp"

using namespace rwkv;

TEST("a text is found among an object's other fields") {
  CHECK_EQUAL(json_text_field(R"( {"id": 1.5e3, "x": {"text": ["no", {}, []]}, "text" : "yes", "z": null} )", "text"),
              "yes");
}

TEST("escapes of JSON become the characters that they stand for") {
  CHECK_EQUAL(json_text_field(R"({"text":"\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00 é"})", "text"),
              "\"\\/\b\f\n\r\té€😀 é");
  CHECK_EQUAL(json_text_field(R"({"text":"\ud83dx\udc00"})", "text"), "\xef\xbf\xbdx\xef\xbf\xbd");
}

TEST("what is no JSON object with a text is refused with the place") {
  CHECK_THROWS("has no \"text\"", json_text_field("{}", "text"));
  CHECK_THROWS("\"text\" is not a text (at byte 10)", json_text_field(R"({"text": 5})", "text"));
  CHECK_THROWS("expected '{'", json_text_field("text", "text"));
  CHECK_THROWS("expected '}'", json_text_field(R"({"text": "a" "b"})", "text"));
  CHECK_THROWS("the text doesn't end", json_text_field(R"({"text": "a)", "text"));
  CHECK_THROWS("the text doesn't end", json_text_field(R"({"text": "a\)", "text"));
  CHECK_THROWS("unknown escape \\x", json_text_field(R"({"text": "\x41"})", "text"));
  CHECK_THROWS("four hexadecimal digits", json_text_field(R"({"text": "\u12g4"})", "text"));
  CHECK_THROWS("something follows", json_text_field(R"({"text": "a"} {})", "text"));
  CHECK_THROWS("expected a value", json_text_field(R"({"x": , "text": "a"})", "text"));
  CHECK_THROWS("nested too deeply", json_text_field("{\"x\": " + std::string(100, '['), "text"));
}

TEST("a passage is split before the space of its last word") {
  const auto passage = split_passage("He gave it to \"Emma.\"\n");
  CHECK_EQUAL(passage.context, "He gave it to");
  CHECK_EQUAL(passage.last_word, " \"Emma.\"");
  CHECK_THROWS("less than two words", split_passage("word "));
  CHECK_THROWS("less than two words", split_passage("  "));
}

TEST("passages are read line by line, and a bad line is named") {
  const test::TemporaryFolder folder;
  const auto good = folder.write("good.jsonl", "{\"text\": \"a b\"}\r\n\n{\"text\": \"c d e\"}");
  const auto passages = read_lambada(good);
  CHECK_EQUAL(passages.size(), 2u);
  CHECK_EQUAL(passages.back().context, "c d");
  const auto bad = folder.write("bad.jsonl", "{\"text\": \"a b\"}\n{\"words\": \"a b\"}\n");
  CHECK_THROWS("bad.jsonl:2: has no \"text\"", read_lambada(bad));
  CHECK_THROWS("has no passages", read_lambada(folder.write("empty.jsonl", "\n")));
}
