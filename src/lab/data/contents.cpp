// SPDX-License-Identifier: MIT
#include "src/lab/data/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/core/text.hpp"
#include "src/lab/data/libsvm.hpp"
#ifdef GRADUS_HAS_ZLIB
#include <zlib.h>
#endif

namespace gradus::table {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "\x1f\x8b";
[[maybe_unused]] constexpr std::size_t kPiece = 1 << 16;  // that zlib is given at once, and gives

/// How files of other kinds begin, what they are, and what to do with them.
struct Kind {
  std::string_view beginning;
  std::string_view what;
  std::string_view remedy;
};

constexpr std::array kKinds = std::to_array<Kind>({
    {"PK\x03\x04"sv, "a zip archive, as Excel and LibreOffice write their workbooks",
     "save the sheet as CSV, or unpack it"},
    {"\xd0\xcf\x11\xe0"sv, "an old Excel workbook", "save the sheet as CSV"},
    {"PAR1"sv, "a Parquet file", "in Python: pandas.read_parquet(FILE).to_csv(NEW, index=False)"},
    {"ARROW1"sv, "a Feather (Arrow) file", "in Python: pandas.read_feather(FILE).to_csv(NEW, index=False)"},
    {"FEA1"sv, "a Feather file", "in Python: pandas.read_feather(FILE).to_csv(NEW, index=False)"},
    {"\x89HDF"sv, "an HDF5 file", "in Python: pandas.read_hdf(FILE).to_csv(NEW, index=False)"},
    {"SQLite format 3"sv, "an SQLite database", "sqlite3 -header -csv FILE 'select ...' > NEW"},
    {"\x93NUMPY"sv, "a NumPy array", "give the file a name that ends in .npy"},
    {"\x80\x03"sv, "a pickle of Python, which is never executed here", "write it with to_csv or numpy.save"},
    {"\x80\x04"sv, "a pickle of Python, which is never executed here", "write it with to_csv or numpy.save"},
    {"\x80\x05"sv, "a pickle of Python, which is never executed here", "write it with to_csv or numpy.save"},
    {"RDX"sv, "a file of R's", "in R: write.csv(DATA, NEW, row.names = FALSE)"},
    {"BZh"sv, "a file packed by bzip2", "bunzip2 FILE"},
    {"\xfd"
     "7zXZ"sv,
     "a file packed by xz", "unxz FILE"},
    {"\x28\xb5\x2f\xfd"sv, "a file packed by zstd", "unzstd FILE"},
    {"%PDF"sv, "a PDF", "its table has to be copied out"},
    {"\xff\xfe"sv, "UTF-16 (its byte order mark)", "iconv -f UTF-16 -t UTF-8"},
    {"\xfe\xff"sv, "UTF-16 (its byte order mark)", "iconv -f UTF-16 -t UTF-8"},
});

void refuse_other_kinds(std::string_view bytes, const Source& source) {
  for (const Kind& kind : kKinds)
    if (bytes.starts_with(kind.beginning))
      source.refuse(fmt::format("expected text in UTF-8, got {}: {}", kind.what, kind.remedy));
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return;
  const std::string_view text = bytes.substr(first);
  const std::size_t second = std::min(text.find_first_not_of(" \t\r\n", 1), text.size());
  const char next = second < text.size() ? text[second] : '\0';
  if ((text[0] == '{' && (next == '"' || next == '}')) || (text[0] == '[' && (next == '{' || next == '[')))
    source.refuse("expected a table, got JSON: in Python: pandas.read_json(FILE).to_csv(NEW, index=False)");
  if (text[0] == '<' && (next == '!' || next == '?' || text.starts_with("<html") || text.starts_with("<HTML")))
    source.refuse("expected a table, got a page of HTML or XML: where it was downloaded, ask for the raw file");
}

#ifdef GRADUS_HAS_ZLIB
std::string unpack(std::string_view bytes, const Source& source, std::size_t most) {
  struct Stream : z_stream {
    Stream() : z_stream{} {}
    ~Stream() { inflateEnd(this); }
  } stream;
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK) source.refuse("cannot unpack gzip: out of memory");
  std::string text;
  std::array<char, kPiece> piece;
  std::size_t given = 0;
  while (true) {
    if (stream.avail_in == 0) {  // of a file that is cut off there is nothing more
      const std::size_t next = std::min(bytes.size() - given, kPiece);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + given));
      stream.avail_in = static_cast<uInt>(next);
      given += next;
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream.avail_out);
    if (text.size() > most) source.refuse(fmt::format("expected at most {} bytes when unpacked, got more", most));
    const bool all_taken = stream.avail_in == 0 && given == bytes.size();
    if (status == Z_STREAM_END) {
      if (all_taken) return text;
      inflateReset(&stream);  // gzip files may follow each other
    } else if (status != Z_OK) {
      source.refuse(all_taken ? "expected a whole file of gzip, got one that is cut off"
                              : "expected a file of gzip, got one that is damaged");
    }
  }
}
#else
std::string unpack(std::string_view, const Source& source, std::size_t) {
  source.refuse("expected text, got a file packed by gzip, which this build cannot unpack: gunzip FILE");
}
#endif

/// Names and labels go into models, pages and Python, which take UTF-8 only: another encoding is told at once, by line.
void check_encoding(std::string_view text, const Source& source) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t bytes = first_character(text.substr(at)).bytes;
    if (bytes == 0) {
      const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      source.refuse_at(
          static_cast<std::size_t>(lines) + 1,
          fmt::format("expected text in UTF-8, got the byte 0x{:02x} (convert it: iconv -f LATIN1 -t UTF-8)",
                      static_cast<unsigned char>(text[at])));
    }
    at += bytes;
  }
}

}  // namespace

std::string_view text_of(std::string_view bytes, std::string& unpacked, const Source& source,
                         std::size_t most_unpacked) {
  if (bytes.starts_with(kGzip)) {
    unpacked = unpack(bytes, source, most_unpacked);
    bytes = unpacked;
  }
  refuse_other_kinds(bytes, source);
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  check_encoding(bytes, source);
  if (is_libsvm(bytes)) bytes = unpacked = libsvm_rows(bytes, source);
  return bytes;
}

}  // namespace gradus::table
