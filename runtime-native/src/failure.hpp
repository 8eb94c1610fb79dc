// The one exception type of this library: what went wrong, with what, and what to do next.
#pragma once

#include <stdexcept>
#include <string>

namespace rwkv {

enum class FailureKind {
  argument,    // the caller asked for something that can't be
  file,        // a file is missing, unreadable or can't be written
  format,      // a file's content is damaged or not what it should be
  version,     // a library has a version that this program doesn't know
  backend,     // QNN refused or failed
  cancelled,   // another thread asked for it
};

class Failure : public std::runtime_error {
 public:
  /// `subject` is the file or the thing concerned, `cause` what is wrong with it, `hint` the next step ("" for none).
  Failure(FailureKind kind, const std::string& subject, const std::string& cause, std::string hint)
      : std::runtime_error(subject.empty() ? cause : subject + ": " + cause), kind_(kind), hint_(std::move(hint)) {}

  FailureKind kind() const noexcept { return kind_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  FailureKind kind_;
  std::string hint_;
};

}   // namespace rwkv
