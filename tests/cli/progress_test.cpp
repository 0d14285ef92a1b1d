// SPDX-License-Identifier: MIT
#include "apps/gradus/progress.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus::cli {
namespace {

Progress after(Index update) {
  Progress progress;
  progress.update = update;
  progress.updates = 1000;
  progress.loss = 0.5;
  return progress;
}

TEST(ProgressLine, EstimatesFromWhatItsOwnTimeDid) {
  EXPECT_EQ(progress_line(after(250), 50), "update 250/1000  loss 0.5  02:30 left");
  // Gone on with at update 900: its fifty seconds made fifty updates, not nine hundred and fifty.
  EXPECT_EQ(progress_line(after(950), 50, 900), "update 950/1000  loss 0.5  00:50 left");
  EXPECT_EQ(progress_line(after(950), 50, 950), "update 950/1000  loss 0.5  41:40 left") << "none yet counts as one";
}

TEST(ProgressLine, SaysWhatIsKnown) {
  Progress progress = after(300);
  progress.epoch = 3;
  progress.epochs = 10;
  progress.accuracy = 0.25;
  EXPECT_EQ(progress_line(progress, 3), "epoch 3/10  loss 0.5  accuracy 0.250  00:07 left");
  progress.test_accuracy = 0.75;
  progress.learning_rate = 0.1;
  EXPECT_EQ(progress_line(progress, 3), "epoch 3/10  loss 0.5  test accuracy 0.750  lr 0.1  00:07 left");
}

TEST(ClockText, RoundsUpAndNamesHoursWhereThereAreSome) {
  EXPECT_EQ(clock_text(0), "00:00");
  EXPECT_EQ(clock_text(0.1), "00:01");
  EXPECT_EQ(clock_text(3599.5), "1:00:00");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(INFINITY), "100000:00:00") << "an estimate without bound is shown as a long one";
}

}  // namespace
}  // namespace gradus::cli
