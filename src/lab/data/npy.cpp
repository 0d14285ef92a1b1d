// SPDX-License-Identifier: MIT
// The format: NEP 1 and numpy/lib/format.py's documentation of versions 1.0, 2.0 and 3.0.
#include "gradus/lab/data/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>

#include "src/lab/data/assemble.hpp"
#include "src/lab/data/roles.hpp"

namespace gradus {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLongestHeader = 10000;
constexpr double kLargestWhole = 9007199254740992.0;  // 2^53: up to here every integer is a double

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  std::size_t data_start = 0;
};

/// Reads the Python dictionary that opens the file: three keys, each once, and values of three kinds. Nothing is run.
class HeaderParser {
 public:
  HeaderParser(std::string_view bytes, std::size_t start, std::size_t end, const std::string& name)
      : bytes_(bytes.substr(0, end)), position_(start), name_(name) {}

  Header parse() {
    expect('{');
    while (!accept('}')) {
      const std::size_t key_at = position_;
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr_) {
        descr_ = string();
      } else if (key == "fortran_order" && !fortran_order_) {
        fortran_order_ = boolean();
      } else if (key == "shape" && !shape_) {
        shape_ = tuple();
      } else {
        refuse(key_at, "expected the keys descr, fortran_order and shape once each, got " + table::shown(key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (position_ != bytes_.size()) refuse(position_, "expected the end of the header after '}'");
    if (!descr_ || !fortran_order_ || !shape_)
      refuse(position_, "expected the keys descr, fortran_order and shape in the header");
    return {*descr_, *fortran_order_, *shape_, bytes_.size()};
  }

 private:
  [[noreturn]] void refuse(std::size_t byte, const std::string& message) const {
    throw FileError::at_byte(name_, byte, message);
  }
  void skip_blanks() {
    while (position_ < bytes_.size() && (bytes_[position_] == ' ' || bytes_[position_] == '\n')) ++position_;
  }
  bool accept(char c) {
    skip_blanks();
    if (position_ >= bytes_.size() || bytes_[position_] != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) refuse(position_, fmt::format("expected '{}' in the header", c));
  }
  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!bytes_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }
  std::string string() {
    skip_blanks();
    const char quote = position_ < bytes_.size() ? bytes_[position_] : ' ';
    if (quote != '\'' && quote != '"')
      refuse(position_, "expected a string in the header (structured types are refused)");
    const std::size_t end = bytes_.find(quote, position_ + 1);
    if (end == std::string_view::npos) refuse(position_, "expected a closing quote in the header");
    std::string text(bytes_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return text;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) refuse(position_, "expected True or False in the header");
    return false;
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> numbers;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::uint64_t number = 0;
      const char* first = bytes_.data() + position_;
      const auto [end, error] = std::from_chars(first, bytes_.data() + bytes_.size(), number);
      if (error != std::errc{}) refuse(position_, "expected a size from 0 to 2^64 - 1 in the shape");
      position_ += static_cast<std::size_t>(end - first);
      accept_word("L");  // Python 2 wrote long integers so
      numbers.push_back(number);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  std::string_view bytes_;
  std::size_t position_;
  const std::string& name_;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::uint64_t>> shape_;
};

Header parse_header(std::string_view bytes, const std::string& name) {
  const auto refuse = [&](std::size_t byte, const std::string& message) {
    throw FileError::at_byte(name, byte, message);
  };
  if (!bytes.starts_with(kMagic)) refuse(0, "expected a .npy file, which opens with \\x93NUMPY");
  if (bytes.size() < 8) refuse(bytes.size(), "expected a format version, got the end of the file");
  const int major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3 || bytes[7] != 0)
    refuse(6, fmt::format("expected version 1.0, 2.0 or 3.0, got {}.{}", major, static_cast<unsigned char>(bytes[7])));
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_bytes) refuse(bytes.size(), "expected the header's length, got the end of the file");
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[8 + i]);
  if (length > kLongestHeader)
    refuse(8, fmt::format("expected a header of at most {} bytes, got {}", kLongestHeader, length));
  const std::size_t start = 8 + length_bytes;
  if (length > bytes.size() - start)
    refuse(8,
           fmt::format("expected a header of {} bytes, got {} to the end of the file", length, bytes.size() - start));
  return HeaderParser(bytes, start, start + length, name).parse();
}

struct Element {
  char kind;  ///< b, i, u or f
  std::size_t size;
  bool swapped;  ///< the other byte order than this machine's
};

Element parse_descr(const std::string& descr, const std::string& name) {
  const bool known = descr.size() == 3 && std::string_view("<>|").find(descr[0]) != std::string_view::npos;
  const char kind = known ? descr[1] : '?';
  const char size = known ? descr[2] : '?';
  const bool whole = (kind == 'i' || kind == 'u') && (size == '1' || size == '2' || size == '4' || size == '8');
  const bool real = kind == 'f' && (size == '4' || size == '8');
  if (!(whole || real || (kind == 'b' && size == '1')) || (descr[0] == '|' && size != '1'))
    throw FileError(name,
                    "expected booleans, integers of 1 to 8 bytes or floats of 4 or 8 (b1, i1 to u8, f4, f8), got " +
                        table::shown(descr));
  const char native = std::endian::native == std::endian::little ? '<' : '>';
  return {kind, static_cast<std::size_t>(size - '0'), size != '1' && descr[0] != native};
}

template <class T>
double load(const char* bytes, bool swapped) {
  char own[sizeof(T)];
  std::memcpy(own, bytes, sizeof(T));
  if (swapped) std::reverse(own, own + sizeof(T));
  T value;
  std::memcpy(&value, own, sizeof(T));
  if constexpr (std::is_integral_v<T> && sizeof(T) == 8)  // 2^53 + 1 would be rounded to 2^53, which is none too large
    if (value > static_cast<T>(kLargestWhole) || (std::is_signed_v<T> && value < -static_cast<T>(kLargestWhole)))
      return std::numeric_limits<double>::infinity();
  return static_cast<double>(value);
}

double load(const Element& element, const char* bytes) {
  const bool swapped = element.swapped;
  switch (element.kind) {
    case 'b': return *bytes != 0;
    case 'f': return element.size == 4 ? load<float>(bytes, swapped) : load<double>(bytes, swapped);
    case 'i':
      switch (element.size) {
        case 1: return load<std::int8_t>(bytes, swapped);
        case 2: return load<std::int16_t>(bytes, swapped);
        case 4: return load<std::int32_t>(bytes, swapped);
        default: return load<std::int64_t>(bytes, swapped);
      }
    default:
      switch (element.size) {
        case 1: return load<std::uint8_t>(bytes, swapped);
        case 2: return load<std::uint16_t>(bytes, swapped);
        case 4: return load<std::uint32_t>(bytes, swapped);
        default: return load<std::uint64_t>(bytes, swapped);
      }
  }
}

/// The number of elements, once it is certain that the file holds them all, and nothing else.
std::uint64_t checked_count(const Header& header, std::size_t element_size, std::size_t left, const std::string& name) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : header.shape) {
    if (size > static_cast<std::uint64_t>(PTRDIFF_MAX))
      throw FileError(name,
                      fmt::format("expected a shape that fits into memory, got {}", fmt::join(header.shape, " x ")));
    if (count == 0 || size == 0) {
      count = 0;
    } else if (size > left / count) {  // the file is shorter than one byte an element: no product can overflow
      count = left + 1;
    } else {
      count *= size;
    }
  }
  if (count > left / element_size || count * element_size != left)
    throw FileError::at_byte(
        name, header.data_start,
        fmt::format("expected {} elements of {} byte{}, got {} bytes to the end of the file",
                    fmt::join(header.shape, " x "), element_size, element_size == 1 ? "" : "s", left));
  return count;
}

/// Blanks behind the header beyond what alignment asks for. Nobody else leaves as many (NumPy at most 84), and every
/// reader passes over them: so a file of ours is known, to be replaced by another of ours.
constexpr std::size_t kOwnPadding = 128;

template <class T>
std::string npy_of(ConstMatrixView<T> x, const std::string& shape) {
  constexpr std::size_t kAlignment = 64;
  const std::string dictionary =
      fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': {}, }}", sizeof(T), shape);
  const std::size_t unpadded = kMagic.size() + 4 + dictionary.size() + 1;
  const std::size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment + kOwnPadding;
  const std::size_t length = dictionary.size() + padding + 1;
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  bytes += dictionary + std::string(padding, ' ') + '\n';
  for (Index i = 0; i < x.rows(); ++i)
    for (const T value : x.row(i)) {
      char own[sizeof(T)];
      std::memcpy(own, &value, sizeof(T));
      if constexpr (std::endian::native == std::endian::big) std::reverse(own, own + sizeof(T));
      bytes.append(own, sizeof(T));
    }
  return bytes;
}

template <class T>
ConstMatrixView<T> as_row(std::span<const T> x) {
  return {x.data(), 1, std::ssize(x)};
}

}  // namespace

NpyArray parse_npy(std::string_view bytes, const std::string& name) {
  const Header header = parse_header(bytes, name);
  const Element element = parse_descr(header.descr, name);
  if (header.shape.empty() || header.shape.size() > 2)
    throw FileError(name, fmt::format("expected an array of one axis or two, got {}", header.shape.size()));
  const auto count =
      static_cast<std::size_t>(checked_count(header, element.size, bytes.size() - header.data_start, name));
  const Index rows = static_cast<Index>(header.shape[0]);
  const Index cols = header.shape.size() == 2 ? static_cast<Index>(header.shape[1]) : 1;
  NpyArray array{Matrix<double>(rows, cols), static_cast<int>(header.shape.size())};
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t byte = header.data_start + k * element.size;
    const double value = load(element, bytes.data() + byte);
    if (element.kind != 'f' && !(std::abs(value) <= kLargestWhole))
      throw FileError::at_byte(name, byte,
                               "expected integers up to 2^53, which a double holds exactly, got a larger one");
    const Index i = static_cast<Index>(k);
    if (header.fortran_order) {
      array.values(i % rows, i / rows) = value;
    } else {
      array.values(i / cols, i % cols) = value;
    }
  }
  return array;
}

std::string to_npy(ConstMatrixView<double> x) { return npy_of(x, fmt::format("({}, {})", x.rows(), x.cols())); }
std::string to_npy(ConstMatrixView<float> x) { return npy_of(x, fmt::format("({}, {})", x.rows(), x.cols())); }
std::string to_npy(std::span<const double> x) { return npy_of(as_row(x), fmt::format("({},)", x.size())); }
std::string to_npy(std::span<const float> x) { return npy_of(as_row(x), fmt::format("({},)", x.size())); }

bool is_npy_of_ours(std::string_view bytes) {
  const std::string_view header = bytes.substr(0, bytes.find('\n'));
  return bytes.starts_with(kMagic) && header.ends_with(std::string(kOwnPadding, ' '));
}

std::string to_npy(const Dataset& data) {
  const Index targets = data.is_classification() ? 1 : data.targets.cols();
  Matrix<double> table(data.size(), data.features() + targets);
  for (Index i = 0; i < data.size(); ++i) {
    const auto target = table.row(i).subspan(static_cast<std::size_t>(data.features()));
    std::copy(data.x.row(i).begin(), data.x.row(i).end(), table.row(i).begin());
    if (data.is_classification())
      target[0] = data.labels[static_cast<std::size_t>(i)];
    else
      std::copy(data.targets.row(i).begin(), data.targets.row(i).end(), target.begin());
  }
  return to_npy(ConstMatrixView<double>(table.view()));
}

Dataset parse_npy_dataset(std::string_view bytes, const TableOptions& options, const std::string& name) {
  const NpyArray array = parse_npy(bytes, name);
  const table::Source source{name, false};
  const Matrix<double>& values = array.values;
  if (array.axes != 2) source.refuse("expected an array of two axes, one sample a row, got one axis");
  if (values.rows() == 0) source.refuse("expected rows, got none");
  const table::Roles roles = table::choose_roles({}, values.cols(), options, source);
  table::Content content;
  const bool may_be_classes = roles.targets.size() == 1 && options.task != TableOptions::Task::regression;
  const auto take = [&](const std::vector<Index>& from, std::vector<table::Column>& to, bool keeps_texts) {
    for (const Index j : from) {
      table::Column& column = to.emplace_back(table::column_name({}, j), '.', keeps_texts);
      for (Index i = 0; i < values.rows(); ++i) column.add(values(i, j), static_cast<std::size_t>(i) + 1);
    }
  };
  take(roles.features, content.features, false);
  take(roles.targets, content.targets, may_be_classes);
  return table::assemble(std::move(content), options, source).data;
}

}  // namespace gradus
