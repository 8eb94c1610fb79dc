#include "argument_parser.hpp"
#include "test_case.hpp"

using namespace rwkv;

namespace {

const std::vector<OptionDescription> options{{"--soc-id", "ID", "the SoC"},
                                             {"--output", "FILE", "the output"},
                                             {"--top-p", "P", "limit"},
                                             {"--help", "", "help"}};

Arguments parse(std::vector<const char*> words) {
  words.insert(words.begin(), "tool");
  return Arguments(options, static_cast<int>(words.size()), words.data());
}

}   // namespace

TEST("options take their value as the next word or after =") {
  const Arguments arguments = parse({"--soc-id", "57", "--output=a=b", "--help"});
  CHECK_EQUAL(arguments.whole_number("--soc-id", 0, 1, 100), 57u);
  CHECK_EQUAL(arguments.required_text("--output"), "a=b");
  CHECK(arguments.has("--help"));
  CHECK_EQUAL(arguments.decimal_number("--top-p", 0.5, 0, 1), 0.5);
}

TEST("an unknown option is refused with the one that was meant") {
  CHECK_THROWS("--socid: unknown option; did you mean --soc-id?", parse({"--socid", "57"}));
  CHECK_THROWS("--soc: unknown option; did you mean --soc-id?", parse({"--soc", "57"}));
  CHECK_THROWS("--zzzzzzzz: unknown option", parse({"--zzzzzzzz"}));
}

TEST("a forgotten value is noticed, also before another option") {
  CHECK_THROWS("--soc-id needs a value: --soc-id ID", parse({"--soc-id"}));
  CHECK_THROWS("--soc-id needs a value", parse({"--soc-id", "--output", "x"}));
  CHECK_THROWS("--help takes no value", parse({"--help=yes"}));
  CHECK_THROWS("given twice", parse({"--output", "a", "--output", "b"}));
  CHECK_THROWS("unexpected argument", parse({"file"}));
}

TEST("words that are no options are kept, as many as are taken") {
  const char* words[] = {"tool", "model", "--soc-id", "57", "--", "--help"};
  const Arguments arguments(options, 6, words, 2);
  CHECK_EQUAL(arguments.words().size(), 2u);
  CHECK_EQUAL(arguments.words().front() + arguments.words().back(), "model--help");
  CHECK(!arguments.has("--help"));
  CHECK_THROWS("'--help': unexpected argument", Arguments(options, 6, words, 1));
}

TEST("numbers are whole, in range and nothing else") {
  CHECK_THROWS("expected a whole number from 1 to 100", parse({"--soc-id", "0"}).whole_number("--soc-id", 0, 1, 100));
  CHECK_THROWS("expected a whole number", parse({"--soc-id", "5x"}).whole_number("--soc-id", 0, 1, 100));
  CHECK_THROWS("expected a whole number", parse({"--soc-id", "-5"}).whole_number("--soc-id", 0, 1, 100));
  CHECK_THROWS("expected a whole number",
               parse({"--soc-id", "99999999999999999999"}).whole_number("--soc-id", 0, 0, UINT64_MAX));
  CHECK_THROWS("expected a number from 0 to 1", parse({"--top-p", "1.5"}).decimal_number("--top-p", 1, 0, 1));
  CHECK_THROWS("expected a number", parse({"--top-p", "nan"}).decimal_number("--top-p", 1, 0, 1));
  CHECK_THROWS("--output is missing", parse({}).required_text("--output"));
}

TEST("the closest word is found only when it is near") {
  CHECK_EQUAL(closest_word("wrold", {"byte", "world"}), "world");
  CHECK_EQUAL(closest_word("sentencepiece", {"byte", "world"}), "");
}
