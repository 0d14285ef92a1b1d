// SPDX-License-Identifier: MIT
#include "gradus/core/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  /// Closes now; a delayed write error shows here.
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& what, int error) {
  throw FileError(path, what + ": " + std::strerror(error));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) refuse(path, "cannot read", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) refuse(path, "cannot read", errno);
  if (S_ISDIR(info.st_mode)) throw FileError(path, "cannot read: it is a folder");
  if (S_ISREG(info.st_mode) && static_cast<std::size_t>(info.st_size) > limit)
    throw FileError(path, "expected at most " + std::to_string(limit) + " bytes, got " + std::to_string(info.st_size));
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path, "cannot read", errno);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (bytes.size() > limit) throw FileError(path, "expected at most " + std::to_string(limit) + " bytes");
  }
}

void write_file(const std::string& path, std::string_view bytes) {
  // A device or a pipe (/dev/stdout) has no old content to protect, and must not be replaced by a file.
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) throw FileError(path, "cannot write: it is a folder");
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.ok() || !write_all(file.get(), bytes)) refuse(path, "cannot write", errno);
    return;
  }
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.ok()) refuse(path, "cannot write", errno);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  bool ok = write_all(file.get(), bytes) && ::fchmod(file.get(), 0666 & ~mask) == 0 && ::fsync(file.get()) == 0;
  int error = errno;
  if (!file.close() && ok) {
    ok = false;
    error = errno;
  }
  if (ok && std::rename(temporary.c_str(), path.c_str()) != 0) {
    ok = false;
    error = errno;
  }
  if (!ok) {
    ::unlink(temporary.c_str());
    refuse(path, "cannot write", error);
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const Descriptor parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.ok()) ::fsync(parent.get());  // not every file system can; the file itself is safe
}

}  // namespace gradus
