// SPDX-License-Identifier: MIT
#include "rtneural_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gradus/core/error.hpp"

namespace gradus::exchange {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostLayers = 10'000;
constexpr std::size_t kMostText = 200;  // bytes of a key or a word

/// {"in_shape": [...], "layers": [{"type": ..., "shape": [...], "weights": [array, ...], ...}, ...]}; whatever else
/// there is goes unread.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  Reader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  RtneuralFile read() {
    // At least three bytes a number, "0.1," having four: what is kept stays within three times the text.
    const auto commas = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), ','));
    file_.numbers.reserve(std::min(commas + 1, text_.size() / 3));
    Json::sax_parse(text_, this);
    return std::move(file_);
  }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) override { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) override { return number(value); }
  bool binary(Json::binary_t&) override { return true; }

  bool string(std::string& value) override {
    if (in_layer() && depth_ == 3 && value.size() > kMostText) fail("expected words of at most 200 bytes");
    if (in_layer() && depth_ == 3 && key_ == "type") layer().type = value;
    if (in_layer() && depth_ == 3 && key_ == "activation") layer().activation = value;
    return true;
  }

  bool key(std::string& name) override {
    if (depth_ == 1) top_key_ = name.substr(0, kMostText);
    if (depth_ == 3) key_ = name.substr(0, kMostText);
    return true;
  }

  bool start_object(std::size_t) override {
    if (depth_ == 2 && top_key_ == "layers") {
      if (file_.layers.size() == kMostLayers) fail("expected at most 10000 layers");
      file_.layers.emplace_back();
      key_.clear();
    } else if (in_weights()) {
      fail(label() + ": expected arrays of weights, got an object");
    }
    return enter();
  }
  bool end_object() override { return leave(); }

  bool start_array(std::size_t) override {
    if (in_weights() && depth_ == 4) {
      layer().arrays.push_back({.first = file_.numbers.size()});
      in_row_ = 0;
    } else if (in_weights() && depth_ > 4) {
      RtneuralArray& array = layer().arrays.back();
      array.depth = std::max(array.depth, depth_ - 3);
      if (in_row_ > 0) fail(label() + ": expected rows of numbers alone");
    }
    return enter();
  }
  bool end_array() override {
    leave();
    if (in_weights() && depth_ >= 4 && in_row_ > 0) {
      RtneuralArray& array = layer().arrays.back();
      if (array.rows > 0 && array.cols != in_row_)
        fail(fmt::format("{}: expected rows of equal length, got {} and {}", label(), array.cols, in_row_));
      array.cols = in_row_;
      ++array.rows;
      in_row_ = 0;
    }
    return true;
  }

  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    // Counted among what was read: the byte that does not fit, or the end.
    throw FileError::at_byte(path_, at - 1, "this is no valid JSON");
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw FileError(path_, message); }

  bool in_layer() const { return top_key_ == "layers" && depth_ >= 3 && !file_.layers.empty(); }
  bool in_weights() const { return in_layer() && key_ == "weights"; }
  RtneuralLayer& layer() { return file_.layers.back(); }
  std::string label() { return fmt::format("layer {} ({})", file_.layers.size(), one_line(layer().type, 40)); }

  bool enter() {
    if (++depth_ > 16) fail("expected lists and objects in at most 16 others");
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  bool number(double value) {
    if (depth_ == 2 && top_key_ == "in_shape") file_.inputs = value;
    if (!in_layer()) return true;
    if (depth_ == 4 && key_ == "shape") layer().units = value;
    if (depth_ == 3 && key_ == "epsilon") layer().epsilon = value;
    if (key_ != "weights") return true;
    if (depth_ < 5) fail(label() + ": expected arrays of weights, got a number");
    if (file_.numbers.size() == file_.numbers.capacity()) fail("expected weights of more than a digit each");
    file_.numbers.push_back(value);
    ++in_row_;
    return true;
  }

  std::string_view text_;
  const std::string& path_;
  RtneuralFile file_;
  std::string top_key_;
  std::string key_;  // of the layer
  int depth_ = 0;
  Index in_row_ = 0;  // numbers of the row that is being read
};

}  // namespace

RtneuralFile parse_rtneural(std::string_view text, const std::string& path) { return Reader(text, path).read(); }

}  // namespace gradus::exchange
