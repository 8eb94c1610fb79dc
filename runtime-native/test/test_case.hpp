// The tests' own small frame: TEST("what holds") { CHECK(…); } registers itself; main.cpp runs them all.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rwkv::test {

/// Thrown by a check that doesn't hold.
class CheckFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown by skip().
class Skipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Ends the test as skipped, with what it would need.
[[noreturn]] void skip(const std::string& needs);

bool register_test(const char* sentence, void (*body)());

/// Where real libraries and files are; from the command line or the environment. Tests that need one skip without it.
struct Surroundings {
  std::optional<std::filesystem::path> qnn_libs;
  std::optional<std::filesystem::path> contexts;
  std::optional<std::filesystem::path> libraries;
  std::optional<std::filesystem::path> world_vocabulary;
};
const Surroundings& surroundings();

/// A folder that is gone at the end of its scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Writes a file in it and returns its path.
  std::filesystem::path write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& path);

[[noreturn]] void fail_check(const char* file, int line, const std::string& what);

template <typename Left, typename Right>
void check_equal(const char* file, int line, const char* text, const Left& left, const Right& right) {
  if (left == right) return;
  std::ostringstream what;
  what << text << ": got " << left << ", expected " << right;
  fail_check(file, line, what.str());
}

/// Runs `body`, which must throw something whose message (with a Failure's hint) contains `words`.
void check_throws(const char* file, int line, const std::string& words, const std::function<void()>& body);

}   // namespace rwkv::test

#define RWKV_TEST_JOIN2(a, b) a##b
#define RWKV_TEST_JOIN(a, b) RWKV_TEST_JOIN2(a, b)
#define TEST(sentence)                                                             \
  static void RWKV_TEST_JOIN(test_body_, __LINE__)();                              \
  [[maybe_unused]] static const bool RWKV_TEST_JOIN(test_known_, __LINE__) =       \
      ::rwkv::test::register_test(sentence, RWKV_TEST_JOIN(test_body_, __LINE__)); \
  static void RWKV_TEST_JOIN(test_body_, __LINE__)()
#define CHECK(condition) \
  if (!(condition)) ::rwkv::test::fail_check(__FILE__, __LINE__, #condition)
#define CHECK_EQUAL(got, expected) ::rwkv::test::check_equal(__FILE__, __LINE__, #got, got, expected)
#define CHECK_THROWS(words, ...) ::rwkv::test::check_throws(__FILE__, __LINE__, words, [&] { __VA_ARGS__; })
