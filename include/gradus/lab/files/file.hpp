// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The whole file, or all that comes through a pipe, as bytes. Throws FileError if it cannot be read, is a folder, or
/// holds more than `limit` bytes.
std::string read_file(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 32);

/// Whether there is anything of this name. Throws FileError where the system will not tell, which is no answer.
bool file_exists(const std::string& path);

/// The names of all that is in a folder, in no order; none where there is no such folder. Throws FileError if it cannot
/// be read to its end.
std::vector<std::string> names_in_folder(const std::string& folder);

/// Writes a file whole or not at all: to a temporary file in the same folder, synced, then renamed over `path`, and the
/// folder synced. If anything fails (no such folder, no permission, a full disk) it throws FileError, the old file is
/// untouched and no temporary file is left; what a process that was killed has left in the folder is removed. An
/// existing file keeps its permissions, and is refused if it may not be written to; a symbolic link is followed. A
/// device or a pipe is written to as it is.
void write_file(const std::string& path, std::string_view bytes);

/// Adds bytes at the end of a file that exists, and with `sync` waits until they are safe from a power loss. If it
/// fails the file is cut back to what it was; should the program be ended meanwhile, the last line may be cut. Throws
/// FileError.
void append_to_file(const std::string& path, std::string_view bytes, bool sync = false);

/// While it lives there is no other one on the same folder, in this process or another; shared ones bear with each
/// other. A process that is killed leaves none behind. On a file system that knows no locks it does nothing.
class FolderLock {
 public:
  enum Kind { alone, shared };
  /// Throws FileError if there is another one, or no such folder.
  explicit FolderLock(const std::string& folder, Kind kind = alone);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int fd_;
};

}  // namespace gradus
