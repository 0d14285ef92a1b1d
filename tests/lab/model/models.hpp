// SPDX-License-Identifier: MIT
// Models to save and load, and files that were tampered with.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/model/safetensors.hpp"
#include "gradus/metrics/scores.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

inline Model model_of(const std::string& text, Precision precision = Precision::float64, std::uint32_t seed = 3) {
  Model model;
  model.network = parse_network(text);
  RandomState random(seed);
  // Uniform draws are exact on every machine, so that golden files can be compared number for number.
  model.theta = initial_parameters(model.network, parse_initializer("uniform:2"), random);
  model.precision = precision;
  if (precision == Precision::float32)
    for (double& value : model.theta) value = static_cast<float>(value);
  return model;
}

/// A model with every part filled in.
inline Model full_model() {
  Model model = model_of("2-3tanh-2softmax");
  model.loss = parse_loss("cross-entropy", Reduction::sum);
  model.scaler = Scaler{.kind = Scaler::Kind::min_max, .shift = {0.1, -1e-300}, .scale = {1.0 / 3, 1e17}};
  model.feature_names = {"sepal length (cm)", "größe \"x\""};
  model.class_names = {"setosa", ""};
  model.experiment = "[data]\nkind = \"moons\"\n# \t\x01 é\n";
  model.interrupted = true;
  model.label_name = "kind of \"flower\"";
  model.filling = {-0.25, 1e-300};
  TrainingRecord& record = model.record.emplace();
  record.epochs = 3;
  record.updates = 12;
  record.train.samples = 40;
  record.train.loss = 0.125;
  for (const ScoreField& field : stored_score_fields()) record.train.*field.value = 1.0 / 3;
  Scores& test = record.test.emplace();
  test.samples = 7;
  test.loss = 1e-300;
  test.accuracy = 0.5;
  record.diagnosis = {"the loss swings: \"from\" 1 to 2", "é"};
  record.history.update = {4, 8, 12};
  record.history.loss = {1, kNan, 0.1};
  record.history.test_update = {12};
  record.history.test_loss = {0.3};
  return model;
}

/// Every number of a record in all its digits, NaN alike.
inline std::string record_text(const TrainingRecord& record) {
  std::string text = fmt::format("{} {} {}", record.epochs, record.updates, fmt::join(record.diagnosis, "|"));
  for (const Scores* scores : {&record.train, record.test ? &*record.test : nullptr}) {
    if (!scores) continue;
    text += fmt::format("\n{} {}", scores->samples, scores->loss);
    for (const ScoreField& field : stored_score_fields())
      text += (scores->*field.value) ? fmt::format(" {} {}", field.name, *(scores->*field.value)) : "";
  }
  const History& h = record.history;
  return text + fmt::format("\n{} {} {} {} {} {}", fmt::join(h.update, ","), fmt::join(h.loss, ","),
                            fmt::join(h.accuracy, ","), fmt::join(h.test_update, ","), fmt::join(h.test_loss, ","),
                            fmt::join(h.test_accuracy, ","));
}

inline void expect_equal(const Model& a, const Model& b) {
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.theta, b.theta);
  EXPECT_EQ(a.precision, b.precision);
  EXPECT_EQ(a.loss.name(), b.loss.name());
  EXPECT_EQ(a.loss.reduction, b.loss.reduction);
  EXPECT_EQ(a.scaler, b.scaler);
  EXPECT_EQ(a.feature_names, b.feature_names);
  EXPECT_EQ(a.class_names, b.class_names);
  EXPECT_EQ(a.target_names, b.target_names);
  EXPECT_EQ(a.experiment, b.experiment);
  EXPECT_EQ(a.interrupted, b.interrupted);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.label_name, b.label_name);
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.filling, b.filling);
  EXPECT_EQ(a.target_scaler, b.target_scaler);
  ASSERT_EQ(a.record.has_value(), b.record.has_value());
  if (a.record) {
    EXPECT_EQ(record_text(*a.record), record_text(*b.record));
  }
}

/// Puts the right checksum into a file that was tampered with, so that the checks behind it are reached.
inline std::string resealed(std::string bytes) {
  const std::string entry = "\"gradus.checksum\":\"";
  const std::size_t at = bytes.find(entry) + entry.size();
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, '0');
  const std::string digits = fmt::format("{:08x}", crc32(bytes));
  std::copy(digits.begin(), digits.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

/// The model's file after a change of its contents, under a right checksum.
template <class F>
std::string tampered(const Model& model, F&& change) {
  SafeTensors file = parse_safetensors(to_model_file(model), "f");
  change(file);
  return resealed(to_safetensors(file));
}

inline std::string refusal(const std::string& bytes, const LoadOptions& options = {}) {
  try {
    parse_model_file(bytes, "f", options);
    return "";
  } catch (const FileError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
}

inline Tensor& tensor(SafeTensors& file, const std::string& name) {
  for (Tensor& candidate : file.tensors)
    if (candidate.name == name) return candidate;
  throw std::logic_error("no tensor " + name);
}

template <class T>
void set_number(Tensor& stored, std::size_t i, T value) {
  std::memcpy(stored.bytes.data() + i * sizeof(T), &value, sizeof(T));
}

inline const std::vector<std::string> kNetworks = {"1-1",
                                                   "1-1step",
                                                   "2-16tanh-2softmax",
                                                   "4-8sigmoid-3softmax",
                                                   "7-5relu-3identity",
                                                   "13-11relu-7tanh-5-3softmax",
                                                   "2-3sigmoid:nobias-1sigmoid:nobias",
                                                   "2-3:nobias-1",
                                                   "1-1tanh-1tanh-1tanh-1tanh",
                                                   "97-1sigmoid",
                                                   "1-97softmax"};

}  // namespace gradus
