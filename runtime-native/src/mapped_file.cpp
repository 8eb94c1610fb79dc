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

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const auto fail = [&] {
    throw Failure(FailureKind::file, path.string(), std::string("can't be read: ") + std::strerror(errno),
                  "check the path and its permissions");
  };
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) fail();
  struct stat status{};
  if (fstat(file.number(), &status) != 0) fail();
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fail();
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) throw Failure(FailureKind::format, path.string(), "is empty", "make the file again");
  data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    fail();
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

}   // namespace rwkv
