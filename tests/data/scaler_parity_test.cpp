// SPDX-License-Identifier: MIT
#include "gradus/data/scaler.hpp"
#include "tests/parity/reference.hpp"

namespace gradus {
namespace {

using nlohmann::json;
using parity::exact_list;

TEST(ScalerParity, GivesWhatScikitLearnGives) {
  for (const json& set : parity::reference("scalers")) {
    const Index rows = set.at("rows");
    const Index cols = set.at("cols");
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(cols));
    const Matrix<double> x(rows, cols, exact_list(set.at("x")));
    const Matrix<double> x_new(5, cols, exact_list(set.at("x_new")));
    const Scaler standard = Scaler::fit(Scaler::Kind::standard, x);
    EXPECT_EQ(standard.shift, exact_list(set.at("mean")));
    EXPECT_EQ(standard.scale, exact_list(set.at("std")));
    EXPECT_EQ(standard.transform(x_new).values(), exact_list(set.at("standard")));

    const Scaler min_max = Scaler::fit(Scaler::Kind::min_max, x);
    EXPECT_EQ(min_max.shift, exact_list(set.at("min")));
    std::vector<double> inverse = min_max.scale;
    for (double& value : inverse) value = 1 / value;
    EXPECT_EQ(inverse, exact_list(set.at("inverse_range")));
    // scikit-learn takes x * (1 / range) - min / range, each term rounded twice: 2 ULP of |x| + |min| over the range,
    // both sides together.
    const std::vector<double> ours = min_max.transform(x_new).values();
    const std::vector<double> theirs = exact_list(set.at("min_max"));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const std::size_t j = i % static_cast<std::size_t>(cols);
      const double size = (std::abs(x_new.values()[i]) + std::abs(min_max.shift[j])) / min_max.scale[j];
      EXPECT_LE(std::abs(ours[i] - theirs[i]), 4 * parity::kUlp * size) << i;
    }
  }
}

}  // namespace
}  // namespace gradus
