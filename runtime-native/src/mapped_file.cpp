#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "failure.hpp"

namespace rwkv {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}   // namespace

MappedFile::MappedFile(const FileRange& range) {
  const std::string name = range.name();
  const auto fail = [&] {
    throw Failure(FailureKind::file, name, std::string("can't be read: ") + std::strerror(errno),
                  "check the path and its permissions");
  };
  const FileDescriptor file(open(range.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) fail();
  struct stat status{};
  if (fstat(file.number(), &status) != 0) fail();
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fail();
  }
  const auto whole = static_cast<std::uint64_t>(status.st_size);
  if (range.offset > whole || range.bytes.value_or(0) > whole - range.offset) {
    throw Failure(FailureKind::format, name, "is truncated", "copy the file again");
  }
  size_ = static_cast<std::size_t>(range.bytes.value_or(whole - range.offset));
  if (size_ == 0) throw Failure(FailureKind::format, name, "is empty", "make the file again");
  // Mappings begin at pages, which have 4 or 16 KiB.
  before_ = static_cast<std::size_t>(range.offset % static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  data_ =
      mmap(nullptr, size_ + before_, PROT_READ, MAP_PRIVATE, file.number(), static_cast<off_t>(range.offset - before_));
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    fail();
  }
  if (range.digest && sha256(bytes()) != *range.digest) {
    munmap(data_, size_ + before_);
    throw Failure(FailureKind::format, name, "is damaged: it has another digest than the pack says",
                  "copy or pack the model again");
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_ + before_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      before_(std::exchange(other.before_, 0)),
      size_(std::exchange(other.size_, 0)) {}

}   // namespace rwkv
