// SPDX-License-Identifier: MIT
#include "apps/gradus/gradient_file.hpp"

#include <fmt/format.h>

#include <cmath>

#include "gradus/core/number.hpp"
#include "gradus/lab/data/npy.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::cli {
namespace {

/// Half a unit of the last digit of `-1.25e-3`: 5e-6.
double half_unit(std::string_view word) {
  const std::size_t e = word.find_first_of("eE");
  const auto exponent = e < word.size() ? parse_number(word.substr(e + 1)) : std::nullopt;
  const std::string_view mantissa = word.substr(0, e);
  const std::size_t point = mantissa.find('.');
  const double decimals = point < mantissa.size() ? static_cast<double>(mantissa.size() - point - 1) : 0;
  // Sixteen digits and more are all that a double has.
  std::size_t digits = 0;
  for (const char c : mantissa) digits += c >= '0' && c <= '9';
  return digits >= 16 ? 0 : 0.5 * std::pow(10.0, exponent.value_or(0) - decimals);
}

GivenGradient from_text(const std::string& text, const std::string& path) {
  GivenGradient given;
  Index line = 0;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string_view row = std::string_view(text).substr(start, end - start);
    start = end + 1;
    ++line;
    Index cols = 0;
    while (true) {
      const std::size_t first = row.find_first_not_of(" \t\r,;");
      if (first == std::string_view::npos) break;
      row.remove_prefix(first);
      const std::string_view word = row.substr(0, row.find_first_of(" \t\r,;"));
      row.remove_prefix(word.size());
      const auto number = parse_number(word);
      if (!number)
        throw FileError::at_line(path, static_cast<std::size_t>(line),
                                 fmt::format("expected a number of the gradient, got '{}'", word));
      given.numbers.push_back(*number);
      given.half_units.push_back(half_unit(word));
      ++cols;
    }
    if (cols == 0) continue;
    if (given.rows > 0 && cols != given.cols)
      throw FileError::at_line(path, static_cast<std::size_t>(line),
                               fmt::format("expected {} numbers as in the lines before, got {}", given.cols, cols));
    given.cols = cols;
    ++given.rows;
  }
  if (given.numbers.empty()) throw FileError(path, "expected numbers of a gradient, got none");
  return given;
}

GivenGradient from_npy(const std::string& bytes, const std::string& path) {
  const NpyArray array = parse_npy(bytes, path);
  GivenGradient given;
  given.numbers = array.values.values();
  given.float32 = bytes.substr(0, 256).find("f4'") != std::string::npos;
  if (array.axes == 2) {
    given.rows = array.values.rows();
    given.cols = array.values.cols();
  }
  return given;
}

}  // namespace

GivenGradient read_gradient(const std::string& path, const std::string& block) {
  const std::string bytes = read_file(path);
  GivenGradient given = bytes.starts_with("\x93NUMPY") ? from_npy(bytes, path) : from_text(bytes, path);
  given.block = block;
  // A row or a column of numbers is as good as the numbers.
  if (block.empty() || given.rows == 1 || given.cols == 1) given.rows = given.cols = 0;
  return given;
}

}  // namespace gradus::cli
