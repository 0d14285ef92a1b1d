// SPDX-License-Identifier: MIT
#include "record_json.hpp"

#include <cmath>
#include <limits>

#include "gradus/core/number.hpp"
#include "metadata_json.hpp"
#include "strict_json.hpp"

namespace gradus {
namespace {

constexpr std::size_t kMostLines = 64;

std::string scores_to_json(const Scores& scores) {
  std::string text = "{\"samples\":" + std::to_string(scores.samples);
  const auto add = [&](std::string_view name, double value) {
    if (std::isfinite(value)) text += ",\"" + std::string(name) + "\":" + number_text(value);
  };
  add("loss", scores.loss);
  for (const ScoreField& field : stored_score_fields())
    if (const std::optional<double>& value = scores.*field.value) add(field.name, *value);
  return text + '}';
}

class RecordReader final : public StrictReader {
 public:
  RecordReader() : StrictReader("a record: {\"epochs\":N,\"updates\":N,\"train\":{\"samples\":N,...},...}") {}
  TrainingRecord record;

  bool start_object(std::size_t) override {
    if (depth_ == 0) {
      // The record itself.
    } else if (depth_ == 1 && key_ == "train") {
      scores_ = &record.train;
    } else if (depth_ == 1 && key_ == "test") {
      scores_ = &record.test.emplace();
    } else {
      refuse();
    }
    if (scores_) scores_->loss = std::numeric_limits<double>::quiet_NaN();
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    scores_ = nullptr;
    return true;
  }
  bool key(std::string& name) override {
    key_ = name;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 1 || key_ != "diagnosis" || in_list_) refuse();
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool string(std::string& line) override {
    if (!in_list_) refuse();
    if (record.diagnosis.size() == kMostLines) throw ValueError("expected at most 64 lines of diagnosis");
    record.diagnosis.push_back(line);
    return true;
  }

 private:
  bool number(double value) override {
    if (in_list_) refuse();
    if (depth_ == 1) {
      count(key_ == "epochs" ? record.epochs : key_ == "updates" ? record.updates : unknown(), value);
    } else if (depth_ == 2 && key_ == "samples") {
      count(scores_->samples, value);
    } else if (depth_ == 2 && key_ == "loss") {
      scores_->loss = value;
    } else if (depth_ == 2) {
      score(value);
    } else {
      refuse();
    }
    return true;
  }
  Index& unknown() const { refuse(); }
  void count(Index& to, double value) const {
    if (!(value >= 0 && value <= 9007199254740992.0 && value == std::floor(value))) refuse();
    to = static_cast<Index>(value);
  }
  void score(double value) {
    for (const ScoreField& field : stored_score_fields())
      if (field.name == key_) {
        scores_->*field.value = value;
        return;
      }
    refuse();
  }

  std::string key_;
  Scores* scores_ = nullptr;  // those that are being read
  int depth_ = 0;
  bool in_list_ = false;
};

}  // namespace

std::string record_to_json(const TrainingRecord& record) {
  std::string text = "{\"epochs\":" + std::to_string(record.epochs) + ",\"updates\":" + std::to_string(record.updates) +
                     ",\"train\":" + scores_to_json(record.train);
  if (record.test) text += ",\"test\":" + scores_to_json(*record.test);
  if (!record.diagnosis.empty()) text += ",\"diagnosis\":" + names_to_json(record.diagnosis);
  return text + '}';
}

TrainingRecord record_from_json(std::string_view text) {
  RecordReader reader;
  reader.read(text);
  return std::move(reader.record);
}

}  // namespace gradus
