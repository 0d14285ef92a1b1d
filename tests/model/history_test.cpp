// SPDX-License-Identifier: MIT
#include "gradus/model/history.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

History of(std::size_t records, std::size_t looks) {
  History history;
  history.update.resize(records);
  std::iota(history.update.begin(), history.update.end(), Index{1});
  history.loss.assign(history.update.begin(), history.update.end());
  history.test_update.resize(looks);
  std::iota(history.test_update.begin(), history.test_update.end(), Index{1});
  history.test_loss.assign(history.test_update.begin(), history.test_update.end());
  history.gradients = {{1.0}};
  return history;
}

TEST(History, ThinnedKeepsTheLastAndEveryOtherOfWhatIsTooMuch) {
  for (const std::size_t records : {0u, 1u, 2u, 9u, 10u, 11u, 1009u})
    for (const std::size_t looks : {0u, 1u, 37u}) {
      const History whole = of(records, looks);
      const History few = thinned(whole, 10);
      EXPECT_LE(few.update.size(), 11u) << records;
      EXPECT_GE(few.update.size(), std::min<std::size_t>(records, 5)) << records;
      EXPECT_EQ(few.loss.size(), few.update.size());
      EXPECT_TRUE(few.accuracy.empty());
      EXPECT_TRUE(few.gradients.empty());
      if (records > 0) {
        EXPECT_EQ(few.update.back(), static_cast<Index>(records));
      }
      for (std::size_t k = 0; k < few.update.size(); ++k) EXPECT_EQ(few.loss[k], static_cast<double>(few.update[k]));
      if (looks > 0) {
        EXPECT_EQ(few.test_update.back(), static_cast<Index>(looks));
      }
      EXPECT_EQ(few.test_loss.size(), few.test_update.size());
      if (records <= 10) {
        EXPECT_EQ(few.loss, whole.loss) << "nothing is left out that need not be";
      }
    }
  EXPECT_THROW(thinned(of(3, 3), 1), ValueError);
}

}  // namespace
}  // namespace gradus
