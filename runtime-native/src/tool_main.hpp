// What every command line tool's main has in common: exceptions become messages and exit codes.
#pragma once

#include <string>

namespace rwkv {

inline constexpr const char* program_version = "0.1.0";

enum ExitCode { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

/// Runs `body` and returns its exit code. A UsageError prints "error: …" and how to get help, and gives 2; a Failure
/// prints "error: <file>: <cause>" and "hint: <next step>" and gives 1; so does running out of memory.
int run_tool(const char* program, int (*body)(int count, char** words), int count, char** words);

}   // namespace rwkv
