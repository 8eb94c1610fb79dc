#include "tool_main.hpp"

#include <csignal>
#include <cstdio>
#include <new>

#include "argument_parser.hpp"
#include "failure.hpp"

namespace rwkv {

int run_tool(const char* program, int (*body)(int count, char** words), int count, char** words) {
  // A reader that went away is reported by write() itself.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return body(count, words);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "error: %s\nhint: %s --help shows examples and all options\n", error.what(), program);
    return exit_usage;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    if (!failure.hint().empty()) std::fprintf(stderr, "hint: %s\n", failure.hint().c_str());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: %s: out of memory\nhint: close other programs, or split the model into more chunks\n",
                 program);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s: %s\nhint: this looks like a bug: please report it\n", program, error.what());
  }
  return exit_failed;
}

}   // namespace rwkv
