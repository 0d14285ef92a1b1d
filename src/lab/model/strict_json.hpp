// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"

namespace gradus {

/// Refuses everything; a reader lets in what it expects. Working event by event, it never builds what it will refuse.
class StrictReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  void read(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) refuse();  // the JSON reader would stop there and call it the end
    nlohmann::json::sax_parse(text.begin(), text.end(), this);
  }
  bool null() override { refuse(); }
  bool boolean(bool) override { refuse(); }
  bool number_integer(std::int64_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) override { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) override { return number(value); }
  bool string(std::string&) override { refuse(); }
  bool binary(nlohmann::json::binary_t&) override { refuse(); }
  bool start_object(std::size_t) override { refuse(); }
  bool key(std::string&) override { refuse(); }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { refuse(); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { refuse(); }

 protected:
  /// However it is written.
  virtual bool number(double) { refuse(); }
  explicit StrictReader(std::string expected) : expected_(std::move(expected)) {}
  [[noreturn]] void refuse() const { throw ValueError("expected " + expected_); }

 private:
  std::string expected_;
};

}  // namespace gradus
