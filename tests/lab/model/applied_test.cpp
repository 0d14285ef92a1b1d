// SPDX-License-Identifier: MIT
// What a model answers from what, in words, and which answers of a table count.
#include "gradus/lab/model/applied.hpp"

#include <cmath>

#include "models.hpp"

namespace gradus {
namespace {

using Names = std::vector<std::string>;

Names names(const std::string& stem, int count) {
  Names all;
  for (int k = 0; k < count; ++k) all.push_back(stem + std::to_string(k));
  return all;
}

TEST(Applied, AModelSaysWhatItAnswersFromWhat) {
  EXPECT_EQ(purpose_of(model_of("2-1")), "1 number from 2 features");
  EXPECT_EQ(purpose_of(model_of("1-3")), "3 numbers from 1 feature");
  EXPECT_EQ(purpose_of(model_of("seq1-3elman-2")), "2 numbers from 1 feature a time step");
  Model classes = model_of("2-3softmax");
  classes.class_names = {"a", "b", "c"};
  EXPECT_EQ(purpose_of(classes), "3 classes (a, b, c) from 2 features");
  classes.label_name = "kind";
  classes.feature_names = {"u", "v"};
  EXPECT_EQ(purpose_of(classes), "3 classes of kind (a, b, c) from 2 features (u, v)");
  Model sequence = model_of("seq2-3elman-2softmax");
  sequence.class_names = {"a", "b"};
  sequence.feature_names = names("x", 6);  // of three steps
  EXPECT_EQ(purpose_of(sequence), "2 classes (a, b) from 2 features a time step");
  Model numbers = model_of("7-2");
  numbers.target_names = {"height", "weight"};
  numbers.feature_names = names("x", 7);
  EXPECT_EQ(purpose_of(numbers), "height, weight, a regression, from 7 features (x0, x1, x2, x3, x4, x5, ...)");
  numbers.columns = {{"size", {"S", "M"}, true}, {"colour", names("c", 6)}};
  EXPECT_EQ(purpose_of(numbers), "height, weight, a regression, from 2 features (size, colour)");
}

TEST(Applied, AModelIsAppliedToTheColumnsThatItKnows) {
  EXPECT_EQ(options_for(model_of("3-1")).features, 3);
  Model named = model_of("2-2softmax");
  named.feature_names = {"u", "v"};
  named.class_names = {"a", "b"};
  EXPECT_EQ(options_for(named).inputs.size(), 2u);
  EXPECT_FALSE(options_for(named).features);
  EXPECT_EQ(options_for(named).task, TableOptions::Task::classification);
  EXPECT_EQ(options_for(named).reading.missing, ReadingOptions::Missing::refuse);
  named.filling = {0, 1};
  named.label_name = "kind";
  EXPECT_EQ(options_for(named).reading.missing, ReadingOptions::Missing::mean);
  EXPECT_EQ(options_for(named).answers, Names{"kind"});
}

TEST(Applied, AnswersThatAreThereCount) {
  Dataset classes;
  classes.x = Matrix<double>(3, 1);
  classes.class_names = {"a", "b"};
  EXPECT_EQ(answered_rows(classes), std::vector<Index>{});
  classes.labels = {0, -1, 1};
  EXPECT_EQ(answered_rows(classes), (std::vector<Index>{0, 2}));
  EXPECT_EQ(answers_of(classes), Names{});
  classes.label_name = "kind";
  EXPECT_EQ(answers_of(classes), Names{"kind"});
  Dataset numbers;
  numbers.x = Matrix<double>(3, 1);
  numbers.targets = Matrix<double>{{1, 2}, {1, kNan}, {kNan, 2}};
  numbers.target_names = {"u", "v"};
  EXPECT_EQ(answered_rows(numbers), (std::vector<Index>{0}));
  EXPECT_EQ(answers_of(numbers), (Names{"u", "v"}));
}

}  // namespace
}  // namespace gradus
