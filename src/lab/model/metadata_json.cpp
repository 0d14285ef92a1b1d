// SPDX-License-Identifier: MIT
#include "metadata_json.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "strict_json.hpp"

namespace gradus {
namespace {

using Json = nlohmann::json;

class NamesReader final : public StrictReader {
 public:
  explicit NamesReader(std::size_t limit) : StrictReader("a JSON list of strings"), limit_(limit) {}
  std::vector<std::string> names;

  bool start_array(std::size_t) override {
    if (open_) refuse();
    return open_ = true;
  }
  bool string(std::string& name) override {
    if (!open_) refuse();
    if (names.size() == limit_) throw ValueError("expected at most " + std::to_string(limit_) + " names");
    names.push_back(name);
    return true;
  }

 private:
  std::size_t limit_;
  bool open_ = false;
};

class NumbersReader final : public StrictReader {
 public:
  explicit NumbersReader(std::size_t limit) : StrictReader("a JSON list of numbers"), limit_(limit) {}
  std::vector<double> numbers;

  bool start_array(std::size_t) override {
    if (open_) refuse();
    return open_ = true;
  }

 private:
  bool number(double value) override {
    if (!open_) refuse();
    if (numbers.size() == limit_) throw ValueError("expected at most " + std::to_string(limit_) + " numbers");
    numbers.push_back(value);
    return true;
  }

  std::size_t limit_;
  bool open_ = false;
};

class ColumnsReader final : public StrictReader {
 public:
  explicit ColumnsReader(std::size_t limit) : StrictReader("a JSON list of lists of strings"), limit_(limit) {}
  std::vector<InputColumn> columns;

  bool start_array(std::size_t) override {
    if (++depth_ > 2) refuse();
    if (depth_ == 2) {
      check_limit();
      columns.emplace_back();
      begun_ = false;
    }
    return true;
  }
  bool end_array() override {
    if (depth_ == 2 && (!begun_ || (marked_ && columns.back().categories.empty()))) refuse();
    --depth_;
    return true;
  }
  bool string(std::string& text) override {
    if (depth_ != 2) refuse();
    InputColumn& column = columns.back();
    check_limit();
    if (!begun_) {
      column.name = text;
      begun_ = true;
      marked_ = false;
    } else if (!marked_) {
      if (text != "<" && text != "=") refuse();
      column.ordered = text == "<";
      marked_ = true;
    } else {
      column.categories.push_back(text);
    }
    return true;
  }

 private:
  void check_limit() {
    if (++strings_ > 3 * limit_ + 3)
      throw ValueError("expected columns of at most " + std::to_string(limit_) + " inputs");
  }

  std::size_t limit_;
  std::size_t strings_ = 0;
  int depth_ = 0;
  bool begun_ = false;   ///< the column's name is known
  bool marked_ = false;  ///< and whether its categories have an order
};

class ScalerReader final : public StrictReader {
 public:
  explicit ScalerReader(std::size_t limit)
      : StrictReader("{\"kind\":\"standard\",\"shift\":[numbers],\"scale\":[numbers]}"), limit_(limit) {}
  Scaler scaler;

  bool start_object(std::size_t) override {
    if (open_) refuse();
    return open_ = true;
  }
  bool key(std::string& name) override {
    field_ = name == "kind" ? 1 : name == "shift" ? 2 : name == "scale" ? 4 : 0;
    if (field_ == 0 || (seen_ & field_)) refuse();
    seen_ |= field_;
    return true;
  }
  bool end_object() override {
    if (seen_ != 7) refuse();
    return true;
  }
  bool string(std::string& kind) override {
    if (field_ != 1) refuse();
    scaler.kind = parse_scaler_kind(one_line(kind));
    return true;
  }
  bool start_array(std::size_t) override {
    if (!open_ || field_ < 2 || in_list_) refuse();
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }

 private:
  bool number(double value) override {
    if (!in_list_) refuse();
    std::vector<double>& list = field_ == 2 ? scaler.shift : scaler.scale;
    if (list.size() == limit_) throw ValueError("expected at most " + std::to_string(limit_) + " numbers in a list");
    list.push_back(value);
    return true;
  }

  std::size_t limit_;
  bool open_ = false;
  bool in_list_ = false;
  int field_ = 0;  // 1 kind, 2 shift, 4 scale
  int seen_ = 0;
};

/// Of a list of strings or numbers. One at a time: a list of nlohmann-json 3.11.2 allocates as it is cleaned up, and
/// ends the process where there is no memory.
template <class T>
std::string list_text(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? "," : "") + Json(value).dump();
  return text + ']';
}

}  // namespace

std::string names_to_json(const std::vector<std::string>& names) {
  try {
    return list_text(names);
  } catch (const Json::exception&) {
    throw ValueError("[model] expected names in UTF-8");
  }
}

std::vector<std::string> names_from_json(std::string_view text, std::size_t limit) {
  NamesReader reader(limit);
  reader.read(text);
  return std::move(reader.names);
}

std::string numbers_to_json(const std::vector<double>& numbers) { return Json(numbers).dump(); }

std::vector<double> numbers_from_json(std::string_view text, std::size_t limit) {
  NumbersReader reader(limit);
  reader.read(text);
  return std::move(reader.numbers);
}

std::string columns_to_json(const std::vector<InputColumn>& columns) {
  Json json = Json::array();
  for (const InputColumn& column : columns) {
    Json entry = Json::array({column.name});
    if (!column.categories.empty()) entry.push_back(column.ordered ? "<" : "=");
    for (const std::string& category : column.categories) entry.push_back(category);
    json.push_back(entry);
  }
  try {
    return json.dump();
  } catch (const Json::exception&) {
    throw ValueError("[model] expected columns and categories in UTF-8");
  }
}

std::vector<InputColumn> columns_from_json(std::string_view text, std::size_t limit) {
  ColumnsReader reader(limit);
  reader.read(text);
  return std::move(reader.columns);
}

std::string scaler_to_json(const Scaler& scaler) {
  return "{\"kind\":\"" + std::string(to_text(scaler.kind)) + "\",\"shift\":" + list_text(scaler.shift) +
         ",\"scale\":" + list_text(scaler.scale) + '}';
}

Scaler scaler_from_json(std::string_view text, std::size_t limit) {
  // Two lists of numbers of at most 17 digits, a sign, a point and an exponent. Longer texts are no scaler, and parsing
  // a number of a million digits would take many times their size.
  if (text.size() > 64 + 2 * limit * 32)
    throw ValueError("expected a scaler of at most " + std::to_string(limit) + " features, got " +
                     std::to_string(text.size()) + " characters");
  ScalerReader reader(limit);
  reader.read(text);
  return std::move(reader.scaler);
}

}  // namespace gradus
