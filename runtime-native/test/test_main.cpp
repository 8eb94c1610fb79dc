// Runs every registered test, or those whose sentence contains the words given by --only.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "argument_parser.hpp"
#include "emulator_core.hpp"
#include "failure.hpp"
#include "quiet_stdout.hpp"
#include "test_case.hpp"
#include "tool_main.hpp"

namespace rwkv::test {
namespace {

struct TestCase {
  const char* sentence;
  void (*body)();
};

std::vector<TestCase>& test_cases() {
  static std::vector<TestCase> all;
  return all;
}

Surroundings& known_surroundings() {
  static Surroundings known;
  return known;
}

const std::vector<OptionDescription> options{
    {"--qnn-libs", "DIR", "QNN's libraries; or RWKV_TEST_QNN_LIBS"},
    {"--contexts", "DIR", "contexts of one small model, in any numbers of chunks; or RWKV_TEST_CONTEXTS"},
    {"--libraries", "DIR", "model libraries of that model, of one of its numbers of chunks; or RWKV_TEST_LIBRARIES"},
    {"--world-vocabulary", "FILE", "rwkv_vocab_v20230424.txt; or RWKV_TEST_WORLD_VOCABULARY"},
    {"--only", "WORDS", "run the tests whose name contains these words"},
    {"--help", "", "show this"},
};

std::optional<std::filesystem::path> find_path(const Arguments& arguments, const char* option, const char* variable) {
  if (const auto given = arguments.text(option)) return std::filesystem::absolute(*given);
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return {};
  return std::filesystem::absolute(value);
}

int run_tests(int count, char** words) {
  const Arguments arguments(options, count, words);
  if (arguments.has("--help")) {
    std::printf("native-tests --qnn-libs onnxruntime_qnn --contexts out/model/fp16/SM8650\n\n%s",
                format_options(options).c_str());
    return exit_ok;
  }
  known_surroundings() = {find_path(arguments, "--qnn-libs", "RWKV_TEST_QNN_LIBS"),
                          find_path(arguments, "--contexts", "RWKV_TEST_CONTEXTS"),
                          find_path(arguments, "--libraries", "RWKV_TEST_LIBRARIES"),
                          find_path(arguments, "--world-vocabulary", "RWKV_TEST_WORLD_VOCABULARY")};
  const std::string only = arguments.text("--only").value_or("");
  const QuietStdout out(false);
  int passed = 0, failed = 0, skipped = 0;
  for (const TestCase& test : test_cases()) {
    const std::string sentence = test.sentence;
    if (sentence.find(only) == std::string::npos) continue;
    try {
      test.body();
      ++passed;
      out.write("ok       " + sentence + "\n");
    } catch (const Skipped& reason) {
      ++skipped;
      out.write("skipped  " + sentence + " (" + reason.what() + ")\n");
    } catch (const std::exception& error) {
      ++failed;
      out.write("FAILED   " + sentence + "\n         " + error.what() + "\n");
    }
  }
  out.write(std::to_string(passed) + " passed, " + std::to_string(failed) + " failed" +
            (skipped > 0 ? ", " + std::to_string(skipped) + " skipped" : "") + "\n");
  return failed == 0 && passed > 0 ? exit_ok : exit_failed;
}

}   // namespace

bool register_test(const char* sentence, void (*body)()) {
  test_cases().push_back({sentence, body});
  return true;
}

const Surroundings& surroundings() { return known_surroundings(); }

void skip(const std::string& needs) { throw Skipped("needs " + needs); }

void fail_check(const char* file, int line, const std::string& what) {
  throw CheckFailed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

void check_throws(const char* file, int line, const std::string& words, const std::function<void()>& body) {
  std::string message;
  try {
    body();
  } catch (const Failure& failure) {
    message = std::string(failure.what()) + "; " + failure.hint();
  } catch (const std::exception& error) {
    message = error.what();
  }
  if (message.empty()) fail_check(file, line, "nothing was thrown, expected '" + words + "'");
  if (message.find(words) == std::string::npos) {
    fail_check(file, line, "'" + message + "' doesn't contain '" + words + "'");
  }
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "rwkv-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": can't be made");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name, const std::string& content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}   // namespace rwkv::test

int main(int count, char** words) {
  rwkv::settle_on_one_core();
  return rwkv::run_tool("native-tests", rwkv::test::run_tests, count, words);
}
