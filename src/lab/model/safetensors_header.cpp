// SPDX-License-Identifier: MIT
#include "safetensors_header.hpp"

#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gradus/core/error.hpp"

namespace gradus {
namespace {

using Json = nlohmann::json;
using Limits = SafeTensorsLimits;

/// Walks over the text and tells where it is, so that an error found by meaning has a byte as well.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** seen = nullptr;

  reference operator*() const { return *at; }
  Cursor& operator++() {
    *seen = ++at;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor old = *this;
    ++*this;
    return old;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
};

/// Takes the JSON event by event: no tree is built, and nothing but the header's own form is let in, however deep or
/// long the rest may be.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(std::string_view text, std::size_t start, const std::string& path, ForeignTypes foreign)
      : text_(text), start_(start), path_(path), foreign_(foreign), seen_(text.data()) {}

  Header read() {
    Json::sax_parse(Cursor{text_.data(), &seen_}, Cursor{text_.data() + text_.size(), &seen_}, this);
    return std::move(header_);
  }

  bool null() override { fail_value("null"); }
  bool boolean(bool) override { fail_value("a truth value"); }
  bool number_integer(std::int64_t) override { fail_value("a negative number"); }
  bool number_float(double, const std::string&) override { fail_value("a number that is not whole or too large"); }
  bool binary(Json::binary_t&) override { fail_value("binary data"); }

  bool number_unsigned(std::uint64_t value) override {
    if (place_ == Place::shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max()))
        fail(entry_label() + ": expected dimensions below 2^63, got " + std::to_string(value));
      if (entry().shape.size() == Limits::rank)
        fail(entry_label() + ": expected at most " + std::to_string(Limits::rank) + " dimensions");
      entry().shape.push_back(static_cast<Index>(value));
    } else if (place_ == Place::offsets) {
      if (offsets_ == 2) fail(entry_label() + ": expected 2 data_offsets, got more");
      (offsets_++ == 0 ? entry().begin : entry().end) = value;
    } else {
      fail_value("a number");
    }
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::metadata) {
      if (header_.metadata.size() == Limits::entries)
        fail("expected at most " + std::to_string(Limits::entries) + " metadata entries");
      if (!header_.metadata.emplace(key_, value).second) fail("metadata " + in_quotes(key_) + " is given twice");
    } else if (place_ == Place::tensor && key_ == "dtype") {
      entry().dtype = parse_dtype(value);
      if (!entry().dtype && foreign_ == ForeignTypes::refused)
        fail(entry_label() + ": unknown dtype " + in_quotes(value));
      if (!entry().dtype) entry().foreign = value;
    } else {
      fail_value("a string");
    }
    return true;
  }

  bool key(std::string& name) override {
    if (place_ == Place::tensor) {
      const int field = name == "dtype" ? 1 : name == "shape" ? 2 : name == "data_offsets" ? 4 : 0;
      if (field == 0) fail(entry_label() + ": unknown key " + in_quotes(name));
      if (fields_ & field) fail(entry_label() + ": " + name + " is given twice");
      fields_ |= field;
    }
    key_ = name;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top && key_ == "__metadata__") {
      if (has_metadata_) fail("__metadata__ is given twice");
      has_metadata_ = true;
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      if (header_.entries.size() == Limits::entries)
        fail("expected at most " + std::to_string(Limits::entries) + " tensors");
      header_.entries.push_back({.name = key_, .dtype = {}, .foreign = {}, .shape = {}, .begin = 0, .end = 0});
      fields_ = 0;
      place_ = Place::tensor;
    } else {
      fail_value("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor && fields_ != 7) fail(entry_label() + ": expected dtype, shape and data_offsets");
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") fail_value("a list");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_ != 2)
      fail(entry_label() + ": expected 2 data_offsets, got " + std::to_string(offsets_));
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    fail("the header is no valid JSON");
  }

 private:
  /// The object or list that the next value belongs to.
  enum class Place { outside, top, metadata, tensor, shape, offsets };

  [[noreturn]] void fail(const std::string& message) const {
    const auto read = static_cast<std::size_t>(seen_ - text_.data());  // the brace that opens it, at least
    throw FileError::at_byte(path_, start_ + read - 1, message);
  }

  [[noreturn]] void fail_value(const std::string& got) const {
    if (place_ == Place::top) fail("expected " + in_quotes(key_) + " to be an object, got " + got);
    if (place_ == Place::metadata) fail("expected metadata " + in_quotes(key_) + " to be a string, got " + got);
    if (place_ == Place::tensor) fail(entry_label() + ": expected another kind of " + key_ + ", got " + got);
    if (place_ == Place::shape)
      fail(entry_label() + ": expected dimensions that are whole and not negative, got " + got);
    fail(entry_label() + ": expected data_offsets that are whole and not negative, got " + got);
  }

  HeaderEntry& entry() { return header_.entries.back(); }
  std::string entry_label() const { return "tensor " + in_quotes(header_.entries.back().name); }

  std::string_view text_;
  std::size_t start_;
  const std::string& path_;
  ForeignTypes foreign_;
  const char* seen_;
  Header header_;
  Place place_ = Place::outside;
  std::string key_;
  int fields_ = 0;   // of the tensor being read: 1 dtype, 2 shape, 4 data_offsets
  int offsets_ = 0;  // read so far
  bool has_metadata_ = false;
};

/// The JSON reader keeps the token it is in, and the blanks before it, twice over: none may be long.
void check_token_lengths(std::string_view text, std::size_t start, const std::string& path) {
  bool in_string = false;
  std::size_t begin = 0;  // of the token or gap
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i - begin > Limits::text)
      throw FileError::at_byte(
          path, start + begin,
          "expected no text in the header to be longer than " + std::to_string(Limits::text) + " bytes");
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
      begin = i;
    } else if (!in_string && (c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']')) {
      begin = i;
    }
  }
}

}  // namespace

Header parse_header(std::string_view text, std::size_t start, const std::string& path, ForeignTypes foreign) {
  const std::size_t last = text.find_last_not_of(' ');  // npos + 1 = 0: nothing but spaces
  const std::string_view json = text.substr(0, last + 1);
  if (json.empty() || json.front() != '{')
    throw FileError::at_byte(path, start, "expected a header that begins with {");
  if (json.back() != '}')
    throw FileError::at_byte(path, start + last, "expected the header to end with } and spaces only");
  // To the JSON reader a zero byte is the end of its input; what follows would go unread.
  if (const std::size_t zero = json.find('\0'); zero != std::string_view::npos)
    throw FileError::at_byte(path, start + zero, "the header is no valid JSON");
  check_token_lengths(json, start, path);
  return HeaderReader(json, start, path, foreign).read();
}

}  // namespace gradus
