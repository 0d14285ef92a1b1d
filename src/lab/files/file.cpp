// SPDX-License-Identifier: MIT
#include "gradus/lab/files/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "lab/files/folder.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;

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
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  /// Closes now; a delayed write error shows here.
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& what, int error) {
  throw FileError(path, what + ": " + std::strerror(error));
}

/// The system ends a name at a NUL, and would take another file than the one that is meant.
const std::string& checked(const std::string& path) {
  if (path.find('\0') != std::string::npos)
    throw FileError(one_line(path, 200), "expected the name of a file, got one with a NUL character");
  return path;
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

/// A device or a pipe (/dev/stdout) has no old content to protect, and must not be replaced by a file.
void write_device(const std::string& path, std::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.ok() || !write_all(file.get(), bytes) || !file.close()) refuse(path, "cannot write", errno);
}

/// Where a chain of symbolic links ends, so that the file they name is replaced and not a link.
fs::path followed(fs::path path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(path, error); ++links) {
    if (links == 40) refuse(path, "cannot write", ELOOP);
    path = path.parent_path() / fs::read_symlink(path, error);  // an absolute link stands alone
  }
  return path;
}

/// How files that are being written are called: `.gradus-PROCESS-NUMBER.tmp`.
constexpr std::string_view kTemporaryBegin = ".gradus-", kTemporaryEnd = ".tmp";

/// The process that a file of such a name belongs to.
std::optional<pid_t> owner_of(std::string_view name) {
  if (!name.starts_with(kTemporaryBegin) || !name.ends_with(kTemporaryEnd)) return std::nullopt;
  name.remove_prefix(kTemporaryBegin.size());
  pid_t owner = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), owner);
  if (error != std::errc{} || owner <= 0 || *end != '-') return std::nullopt;  // the digits end before the suffix
  return owner;
}

/// Whether a temporary file was left behind by a process that was killed as it wrote. A living one holds a lock on its
/// file, wherever it runs; of the moment between making a file and locking it, the process's number tells if it is one
/// of this machine, and the time if it is not.
bool is_left_behind(const fs::path& path, pid_t owner) {
  constexpr std::time_t moment = 60;  // seconds
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!file.ok() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
  const bool gone = ::kill(owner, 0) != 0 && errno == ESRCH;
  return gone || info.st_mtime < ::time(nullptr) - moment;
}

/// Appends the names of what is in a folder, and returns what went wrong, or 0. By no directory_iterator: where
/// libstdc++ 12 finds no memory for one it ends the process.
int list(const fs::path& folder, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  if (!listing) return errno;
  for (errno = 0; const dirent* entry = ::readdir(listing.get()); errno = 0)
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  return errno;
}

/// Removes what killed processes have left in a folder. What cannot be removed stays: it is in nobody's way.
void sweep_folder(const fs::path& folder) {
  std::vector<std::string> names;
  (void)list(folder, names);
  for (const std::string& name : names) {
    const fs::path path = folder / name;
    const std::optional<pid_t> owner = owner_of(name);
    if (owner && *owner != ::getpid() && is_left_behind(path, *owner)) ::unlink(path.c_str());
  }
}

/// Sweeps each folder that this process writes to, once.
void sweep_folder_once(const fs::path& folder) {
  // Never destroyed: a thread may be writing as the process ends.
  static std::mutex& mutex = *new std::mutex;
  static auto& swept = *new std::set<std::tuple<dev_t, ino_t, std::string>>;
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return;
  {
    const std::lock_guard lock(mutex);
    if (!swept.emplace(info.st_dev, info.st_ino, folder.string()).second) return;
  }
  sweep_folder(folder);
}

/// A new file of its own name in a folder, gone again unless it is renamed. Opened with the permissions that the
/// process gives to new files: the umask is applied by the system, since reading it would change it for all threads.
class Temporary {
 public:
  explicit Temporary(const fs::path& folder) : file_(-1) {
    static std::atomic<unsigned> count = 0;
    do {
      path_ = folder / fmt::format("{}{}-{}{}", kTemporaryBegin, ::getpid(), count++, kTemporaryEnd);
      file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    } while (!file_.ok() && errno == EEXIST);
    exists_ = file_.ok();
    if (exists_) ::flock(file_.get(), LOCK_EX | LOCK_NB);  // says that its process lives; see is_left_behind
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (exists_) ::unlink(path_.c_str());
  }

  Descriptor& file() { return file_; }
  bool rename_to(const fs::path& target) {
    if (std::rename(path_.c_str(), target.c_str()) != 0) return false;
    exists_ = false;
    return true;
  }

 private:
  fs::path path_;
  Descriptor file_;
  bool exists_ = false;
};

}  // namespace

std::vector<std::string> names_in_folder(const std::string& folder) {
  std::vector<std::string> names;
  const int error = list(checked(folder), names);
  if (error != 0 && error != ENOENT) refuse(folder, "cannot read the folder", error);
  return names;
}

bool file_exists(const std::string& path) {
  std::error_code error;
  const bool exists = fs::exists(checked(path), error);
  if (error) refuse(path, "cannot see whether it is there", error.value());
  return exists;
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(checked(path), error);
  if (error) throw FileError(path, "cannot make the folder: " + error.message());
}

std::string read_file(const std::string& path, std::uint64_t limit) {
  const Descriptor file(::open(checked(path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) refuse(path, "cannot read", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) refuse(path, "cannot read", errno);
  if (S_ISDIR(info.st_mode)) throw FileError(path, "cannot read: it is a folder");
  if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) > limit)
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
  struct stat info {};
  const bool exists = ::stat(checked(path).c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) throw FileError(path, "cannot write: it is a folder");
  if (exists && !S_ISREG(info.st_mode)) return write_device(path, bytes);
  // Renaming asks the folder for permission, not the file: one that its owner made read-only stays as it is.
  if (exists && ::access(path.c_str(), W_OK) != 0) refuse(path, "cannot write", errno);

  const fs::path target = followed(path);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  sweep_folder_once(folder);
  Temporary temporary(folder);
  if (!temporary.file().ok()) refuse(path, "cannot write", errno);
  bool ok = write_all(temporary.file().get(), bytes);
  if (ok && exists) ok = ::fchmod(temporary.file().get(), info.st_mode & 07777) == 0;
  if (!(ok && ::fsync(temporary.file().get()) == 0 && temporary.file().close() && temporary.rename_to(target)))
    refuse(path, "cannot write", errno);
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.ok()) ::fsync(parent.get());  // not every file system can; the file itself is safe
}

void append_to_file(const std::string& path, std::string_view bytes, bool sync) {
  Descriptor file(::open(checked(path).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  struct stat before {};
  if (!file.ok() || ::fstat(file.get(), &before) != 0) refuse(path, "cannot write", errno);
  if (!write_all(file.get(), bytes) || (sync && ::fdatasync(file.get()) != 0)) {
    const int error = errno;
    if (S_ISREG(before.st_mode) && ::ftruncate(file.get(), before.st_size) != 0) errno = error;  // as far as can be
    refuse(path, "cannot write", error);
  }
  if (!file.close()) refuse(path, "cannot write", errno);
}

FolderLock::FolderLock(const std::string& folder, Kind kind)
    : fd_(::open(checked(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (fd_ < 0) refuse(folder, "cannot open the folder", errno);
  if (::flock(fd_, (kind == alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(fd_);
  throw FileError(folder, "another program is at work in this folder");
}
FolderLock::~FolderLock() { ::close(fd_); }

}  // namespace gradus
