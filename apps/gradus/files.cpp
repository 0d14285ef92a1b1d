// SPDX-License-Identifier: MIT
#include "apps/gradus/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "apps/gradus/errors.hpp"
#include "gradus/core/error.hpp"

namespace gradus::cli {
namespace {

namespace fs = std::filesystem;

/// A path of one spelling: what exists of it without links, the rest without dots.
std::string one_spelling(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path canonical = fs::weakly_canonical(absolute, error);
  return (error ? absolute.lexically_normal() : canonical).string();
}

/// Where a chain of links ends, though nothing may be there yet.
fs::path followed(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(path, error); ++links)
    path = path.parent_path() / fs::read_symlink(path, error);  // an absolute link stands alone
  return path;
}

FileSample sample_of(const std::string& path) {
  constexpr std::streamoff head = 64 << 10, tail = 1 << 10;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  const auto part = [&](std::streamoff from, std::streamoff length) {
    std::string bytes(static_cast<std::size_t>(length), '\0');
    file.seekg(from);
    file.read(bytes.data(), length);
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
  };
  return {part(0, std::min(head, size)), part(std::max<std::streamoff>(size - tail, 0), std::min(tail, size)),
          size <= head};
}

/// Throws FileError if a file of this name could not be written, before the work that it is to hold.
void check_writable(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw FileError(path, "cannot write: it is a folder");
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) return;  // a device takes what it takes
  const fs::path end = followed(path);
  const fs::path folder = end.has_parent_path() ? end.parent_path() : fs::path(".");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw FileError(path, std::string("cannot write: ") + std::strerror(errno) + " (folder " + folder.string() + ")");
  if (fs::exists(path, ignored) && ::access(path.c_str(), W_OK) != 0)
    throw FileError(path, std::string("cannot write: ") + std::strerror(errno));
}

}  // namespace

bool Files::Place::is_same(const Place& other) const {
  if (exists && other.exists)
    return S_ISREG(info.st_mode) && info.st_dev == other.info.st_dev && info.st_ino == other.info.st_ino;
  return !exists && !other.exists && end == other.end;
}

Files::Place Files::place_of(const std::string& path, const std::string& by) {
  Place place{.path = path, .by = by};
  place.exists = ::stat(path.c_str(), &place.info) == 0;
  place.end = one_spelling(followed(path));
  return place;
}

void Files::refuse(const Place& written, const Place& other, std::string_view how) {
  throw UsageError(fmt::format("{}: expected another file than that of {}, which is {}: {}", written.by, other.by, how,
                               written.path));
}

void Files::reads(const std::string& path, const std::string& by) {
  const Place place = place_of(path == "-" ? "/dev/stdin" : path, by);
  if (!place.exists) return;  // as whoever reads it will say
  for (const Place& written : written_)
    if (written.is_same(place)) refuse(written, place, "read");
  read_.push_back(place);
}

void Files::add_written(const Place& place) {
  for (const Place& other : read_)
    if (place.is_same(other)) refuse(place, other, "read");
  for (const Place& other : written_)
    if (place.is_same(other)) refuse(place, other, "written too");
  written_.push_back(place);
}

void Files::writes(const std::string& path, const FileKind& kind, const std::string& by) {
  if (path == "-") return;
  if (path.empty()) throw UsageError(fmt::format("{}: expected the name of a file, got ''", by));
  const Place place = place_of(path, by);
  add_written(place);
  check_writable(path);
  const bool something = place.exists && S_ISREG(place.info.st_mode) && place.info.st_size > 0;
  if (something && !force && !kind.is_one(sample_of(path)))
    throw FileError(path, fmt::format("cannot write: it is there and is no {} (--force replaces it)", kind.what));
}

void Files::writes_into(const std::string& folder, const std::vector<FileInFolder>& files, const std::string& by) {
  if (folder.empty()) throw UsageError(fmt::format("{}: expected the name of a folder, got ''", by));
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) && fs::exists(folder, ignored))
    throw FileError(folder, "cannot make the folder: a file of that name is there");
  for (const FileInFolder& file : files) {
    const std::string path = folder + "/" + file.name;
    const fs::path inside = fs::path(path).parent_path();
    if (fs::is_directory(inside, ignored))
      writes(path, file.kind, by);
    else  // a new folder: nothing is there to be lost
      add_written(place_of(path, by));
  }
}

}  // namespace gradus::cli
