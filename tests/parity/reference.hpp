// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "tests/paths.hpp"

namespace gradus::parity {

/// Runs tests/parity/reference.py, or another script there, on Debian's Python, which has NumPy and scikit-learn, and
/// reads what it prints.
inline nlohmann::json reference(const std::string& section, const std::string& script = "reference.py") {
  const std::string command = "/usr/bin/python3 " GRADUS_FIXTURES "/../parity/" + script + " " + section;
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::array<char, 1 << 16> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed; it needs python3-numpy and python3-sklearn");
  return nlohmann::json::parse(output);
}

/// A float as Python's float.hex writes it: -0x1.8p+3.
inline double exact(const nlohmann::json& value) {
  std::string text = value.get<std::string>();
  const bool negative = text.starts_with('-');
  text = text.substr(negative ? 3 : 2);
  double number = std::numeric_limits<double>::quiet_NaN();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::hex);
  if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error("not a float: " + text);
  return negative ? -number : number;
}

inline std::vector<double> exact_list(const nlohmann::json& values) {
  std::vector<double> numbers;
  for (const auto& value : values) numbers.push_back(exact(value));
  return numbers;
}

/// How far a value may be from the reference.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};
constexpr double kUlp = std::numeric_limits<double>::epsilon();

inline ::testing::AssertionResult near(const std::vector<double>& ours, const std::vector<double>& theirs,
                                       Tolerance tolerance) {
  if (ours.size() != theirs.size())
    return ::testing::AssertionFailure() << ours.size() << " numbers, expected " << theirs.size();
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (!(std::abs(ours[i] - theirs[i]) <= tolerance.absolute + tolerance.relative * std::abs(theirs[i])))
      return ::testing::AssertionFailure()
             << "number " << i << " is " << ours[i] << ", expected " << theirs[i] << ", off by " << ours[i] - theirs[i];
  return ::testing::AssertionSuccess();
}

}  // namespace gradus::parity
