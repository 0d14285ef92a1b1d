// SPDX-License-Identifier: MIT
#include "gradus/data/weights.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/lab/data/csv.hpp"

namespace gradus {
namespace {

TEST(ClassWeights, BalancedAreThoseOfScikitLearn) {
  // compute_class_weight("balanced") of scikit-learn 1.9: 7 / (3 * 4), 7 / (3 * 1), 7 / (3 * 2).
  const std::vector<int> labels{0, 0, 0, 1, 2, 2, 0};
  const std::vector<double> weights = balanced_class_weights(labels, 3);
  ASSERT_EQ(weights.size(), 3u);
  EXPECT_DOUBLE_EQ(weights[0], 7.0 / 12);
  EXPECT_DOUBLE_EQ(weights[1], 7.0 / 3);
  EXPECT_DOUBLE_EQ(weights[2], 7.0 / 6);
}

TEST(ClassWeights, OfAClassWithoutSamplesAreZeroAndItIsNotCounted) {
  const std::vector<int> labels{2, 0, 2};
  const std::vector<double> weights = balanced_class_weights(labels, 3);
  EXPECT_DOUBLE_EQ(weights[0], 1.5);
  EXPECT_EQ(weights[1], 0);
  EXPECT_DOUBLE_EQ(weights[2], 0.75);
  EXPECT_EQ(balanced_class_weights({}, 2), (std::vector<double>{0, 0}));
  EXPECT_THROW(balanced_class_weights(labels, 2), ValueError);
}

TEST(ClassWeights, AreReadBackAndFaultsRefused) {
  for (const char* text : {"none", "balanced", "1", "1,2.5,0", "0.1,1e-07"})
    EXPECT_EQ(to_text(parse_class_weights(text)), text);
  for (const char* text : {"", "Balanced", "1,", ",1", "1,,2", "1,-2", "1,nan", "inf", "1 2", "1,2x"})
    EXPECT_THROW(parse_class_weights(text), ParseError) << text;
}

TEST(SampleWeights, AreTheDatasOwnTimesThoseOfTheClass) {
  Dataset data;
  data.x = Matrix<double>(3, 1);
  data.labels = {1, 0, 1};
  data.class_names = {"a", "b"};
  EXPECT_TRUE(sample_weights(data).empty());
  EXPECT_EQ(sample_weights(data, parse_class_weights("1,3")), (std::vector<double>{3, 1, 3}));
  data.weights = {2, 1, 0.5};
  EXPECT_EQ(sample_weights(data), data.weights);
  EXPECT_EQ(sample_weights(data, parse_class_weights("1,3")), (std::vector<double>{6, 1, 1.5}));
  EXPECT_EQ(data.take(std::vector<Index>{2, 0}).weights, (std::vector<double>{0.5, 2}));
  EXPECT_THROW(sample_weights(data, parse_class_weights("1,3,1")), ValueError);
  data.class_names.clear();
  EXPECT_THROW(sample_weights(data, parse_class_weights("balanced")), ValueError);
}

TEST(SampleWeights, AreAColumnOfAFileAndNoFeature) {
  for (const char* text :
       {"w,x,label\n2,5,a\n0.5,6,b\n", "x,w,label\n5,2,a\n6,0.5,b\n", "x,label,w\n5,a,2\n6,b,0.5\n"}) {
    TableOptions options;
    options.weights = "w";
    const Dataset data = parse_csv(text, options, "data.csv");
    EXPECT_EQ(data.weights, (std::vector<double>{2, 0.5})) << text;
    EXPECT_EQ(data.x, (Matrix<double>{{5}, {6}})) << text;
    EXPECT_EQ(data.feature_names, std::vector<std::string>{"x"}) << text;
    EXPECT_EQ(data.labels, (std::vector<int>{0, 1})) << text;
    options.weights = "weight";
    EXPECT_EQ(parse_csv(to_csv(data), options, "again.csv").weights, data.weights);
    options.features = 1;
    EXPECT_EQ(parse_csv("x,weight\n5,2\n", options, "features.csv").x, (Matrix<double>{{5}}));
  }
  // Without a named target it is the last of the other columns.
  TableOptions options;
  options.weights = "w";
  EXPECT_EQ(parse_csv("x,z,w\n5,1.5,2\n6,2.5,0.5\n", options, "data.csv").targets, (Matrix<double>{{1.5}, {2.5}}));
}

TEST(SampleWeights, OfAFileThatAreNoNumbersFromZeroAreRefused) {
  TableOptions options;
  options.weights = "w";
  for (const char* weight : {"-1", "nan", "inf", "", "much"})
    EXPECT_THROW(parse_csv("w,x,label\n1,2,a\n" + std::string(weight) + ",3,b\n", options, "data.csv"), FileError)
        << weight;
  options.target = "w";
  EXPECT_THROW(parse_csv("w,x,label\n1,2,a\n", options, "data.csv"), FileError);
}

}  // namespace
}  // namespace gradus
