#include "output_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "failure.hpp"

namespace rwkv {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& temporary, int reason) {
  if (!temporary.empty()) unlink(temporary.c_str());
  std::string hint = "check that the folder exists and can be written to";
  if (reason == ENOSPC || reason == EDQUOT) hint = "free some space on this disk, then run again";
  throw Failure(FailureKind::file, path.string(), std::string("can't be written: ") + std::strerror(reason), hint);
}

std::string temporary_beside(const std::filesystem::path& path) {
  return path.string() + ".partial-" + std::to_string(getpid());
}

}   // namespace

void write_output_file(const std::filesystem::path& path, std::span<const std::byte> content) {
  const std::string temporary = temporary_beside(path);
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) fail(path, "", errno);

  int reason = 0;
  while (!content.empty() && reason == 0) {
    // One call never writes more than about 2 GB.
    const ssize_t written = write(file, content.data(), std::min<std::size_t>(content.size(), 1u << 30));
    if (written >= 0) {
      content = content.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      reason = errno;
    }
  }
  // Not flushed: it can be made again, and a store that takes it flushes it while something else runs. Some file
  // systems report a full disk only when a file is closed.
  if (close(file) != 0 && reason == 0) reason = errno;
  if (reason != 0) fail(path, temporary, reason);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, temporary, errno);
}

void write_output_file(const std::filesystem::path& path, std::string_view text) {
  write_output_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

MappedOutput::MappedOutput(const std::filesystem::path& path, std::size_t size)
    : path_(path),
      temporary_(temporary_beside(path)),
      file_(open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)),
      size_(size) {
  if (file_ < 0) fail(path, "", errno);
  // A full disk has to show here: a write to memory that the disk has no room for ends the program.
  int reason = posix_fallocate(file_, 0, static_cast<off_t>(size));
  if (reason == 0) {
    data_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (data_ != MAP_FAILED) return;
    reason = errno;
  }
  close(file_);
  fail(path, temporary_, reason);
}

MappedOutput::~MappedOutput() {
  munmap(data_, size_);
  if (file_ < 0) return;
  close(file_);
  unlink(temporary_.c_str());
}

void MappedOutput::keep(std::size_t size) {
  // Not flushed, as above. What is mapped stays readable.
  const int reason = ftruncate(file_, static_cast<off_t>(size)) == 0 ? 0 : errno;
  if (close(std::exchange(file_, -1)) != 0 || reason != 0) fail(path_, temporary_, reason != 0 ? reason : errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, temporary_, errno);
}

}   // namespace rwkv
