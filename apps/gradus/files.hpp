// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

/// What a command reads and writes, so that it loses nothing: it never writes over a file that it reads, nor twice over
/// one, nor, unless told so, over a file that no command of its kind has made.
namespace gradus::cli {

/// The beginning of a file and its end, enough to see what it is.
struct FileSample {
  std::string head;    ///< at most 64 KiB
  std::string tail;    ///< at most 1 KiB; it may overlap with the head
  bool whole = false;  ///< whether the head is all
};

/// A kind of file that a command writes.
struct FileKind {
  std::string_view what;  ///< "model"
  bool (*is_one)(const FileSample&);
};

/// One of the files that a command writes into a folder.
struct FileInFolder {
  std::string name;
  FileKind kind;
};

class Files {
 public:
  /// Tells of a file to be read; `by` is who names it (an option, a key of an experiment), for a message. What is not
  /// there, and what is no regular file, is no matter. Throws UsageError if it is one that is written.
  void reads(const std::string& path, const std::string& by);
  /// Tells of a file to be written. `-` and devices are no matter. Throws UsageError if it is one that is read or
  /// written already; FileError if it cannot be written, or is there and of another kind.
  void writes(const std::string& path, const FileKind& kind, const std::string& by);
  void writes_into(const std::string& folder, const std::vector<FileInFolder>& files, const std::string& by);

  bool force = false;  ///< whatever is there may be replaced, unless this command reads it

 private:
  /// Which file a name leads to, by whatever spelling or link.
  struct Place {
    std::string path;
    std::string by;
    bool exists = false;
    struct stat info {};
    std::string end{};  ///< where its links end, spelled one way

    bool is_same(const Place& other) const;
  };
  static Place place_of(const std::string& path, const std::string& by);
  [[noreturn]] static void refuse(const Place& written, const Place& other, std::string_view how);
  void add_written(const Place& place);

  std::vector<Place> read_;
  std::vector<Place> written_;
};

}  // namespace gradus::cli
