// SPDX-License-Identifier: MIT
#include "gradus/lab/run/run_folder.hpp"

#include <gtest/gtest.h>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "gradus/core/error.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/run/snapshot.hpp"
#include "gradus/train/timeline.hpp"
#include "src/lab/run/history_file.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gradus-run-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }

  static Experiment experiment(const std::string& optimizer = "adam") {
    Experiment e;
    e.seed = 3;
    e.data = "moons:samples=60,noise=0.1";
    e.network = "2-6tanh-dropout0.2-2softmax";
    e.test = 0.2;
    e.batch = 7;
    e.epochs = 3;
    e.optimizer = parse_training_method(optimizer);
    return e;
  }
  static std::string bytes_of(const Experiment& e) { return to_model_file(run_experiment(e).model); }
  static ProgressCallback stop_after(Index update) {
    return [update](const Progress& p) { return p.update >= update ? Signal::stop : Signal::go_on; };
  }

 private:
  fs::path folder_;
};

TEST_F(RunFolderTest, StoppedAtAnyUpdateEndsWithTheModelOfOneThatWasNot) {
  for (const char* optimizer : {"adam", "lbfgs"}) {
    const Experiment e = experiment(optimizer);
    const std::string expected = bytes_of(e);
    for (Index stop = 1;; ++stop) {
      const std::string place = path(optimizer + std::to_string(stop));
      {
        RunFolder folder = RunFolder::create(place, e);
        if (carry_out(folder, stop_after(stop), 0).fit.reason != StopReason::callback) break;
        EXPECT_FALSE(fs::exists(folder.final_model()));
      }
      RunFolder folder = RunFolder::open(place);
      EXPECT_EQ(to_model_file(carry_out(folder).model), expected) << optimizer << " stopped after " << stop;
      EXPECT_EQ(read_file(folder.final_model()), expected);
    }
  }
}

TEST_F(RunFolderTest, KeepsTheFewerSnapshotsTheOlderTheyAre) {
  RunFolder folder = RunFolder::create(path("run"), experiment());
  const Index made = carry_out(folder).fit.updates;
  TrainingState<double> state = folder.snapshot<double>(made);
  while (state.position.updates < made + 60) {
    ++state.position.updates;
    folder.save(state);
    const std::vector<Index> kept = folder.updates();
    EXPECT_EQ(kept, thinned(kept));
    EXPECT_EQ(kept.back(), state.position.updates);
  }
  EXPECT_LT(folder.updates().size(), 20U);
}

TEST_F(RunFolderTest, TakesNoMoreThanAHundredthOfItsTimeForSnapshotsHoweverOftenTheyAreAskedFor) {
  Experiment e = experiment();
  e.epochs = 300;
  RunFolder folder = RunFolder::create(path("run"), e);
  fs::create_directories(path("run/snapshots"));
  const int watch = ::inotify_init1(IN_NONBLOCK);
  ASSERT_GE(::inotify_add_watch(watch, path("run/snapshots").c_str(), IN_MOVED_TO), 0);
  const Index updates = carry_out(folder, {}, 0).fit.updates;
  std::array<char, 1 << 16> events;
  Index saves = 0;
  for (ssize_t got = 0; (got = ::read(watch, events.data(), events.size())) > 0;)
    for (ssize_t at = 0; at < got; ++saves) {
      inotify_event event;
      std::memcpy(&event, events.data() + at, sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  ::close(watch);
  EXPECT_EQ(updates, 2100);
  EXPECT_GE(saves, 2) << "at its beginning and at its end";
  EXPECT_LT(saves, 210) << "a snapshot takes longer than an update";
}

TEST_F(RunFolderTest, OfARunThatIsOverGoesOnToMoreEpochs) {
  Experiment e = experiment();
  RunFolder folder = RunFolder::create(path("run"), e);
  carry_out(folder);
  EXPECT_EQ(to_model_file(carry_out(folder).model), bytes_of(e)) << "again, with nothing to do";
  Experiment longer = folder.experiment();
  longer.epochs = e.epochs = 6;
  folder.set_experiment(longer);
  EXPECT_EQ(to_model_file(carry_out(folder).model), bytes_of(e));
}

TEST_F(RunFolderTest, GoesBackToAnyUpdateAndKeepsWhatLayBehind) {
  const Experiment e = experiment();
  const std::string expected = bytes_of(e);
  RunFolder folder = RunFolder::create(path("run"), e);
  carry_out(folder);
  const Index end = folder.updates().back();
  for (const Index update : {end - 1, Index{9}, Index{0}}) {
    const std::string was = rewind_run(folder, update);
    EXPECT_EQ(was, path("run/branches/was-" + std::to_string(update)));
    EXPECT_EQ(folder.updates().back(), update);
    EXPECT_FALSE(fs::exists(folder.final_model()));
    {
      RunFolder branch = RunFolder::open(was);
      EXPECT_EQ(branch.updates().back(), end);
      EXPECT_EQ(read_file(branch.final_model()), expected);
    }
    EXPECT_EQ(to_model_file(carry_out(folder).model), expected) << "on from " << update;
  }
  EXPECT_EQ(rewind_run(folder, 9), path("run/branches/was-9-2"));
  EXPECT_THROW(rewind_run(folder, end + 1), ValueError);
}

TEST_F(RunFolderTest, BranchesByWhatTrainsAlone) {
  const Experiment e = experiment("sgd");
  RunFolder folder = RunFolder::create(path("run"), e);
  carry_out(folder);
  Experiment same = folder.experiment();
  {
    RunFolder branch = branch_run(folder, 10, path("same"), same);
    EXPECT_EQ(carry_out(branch).model.theta, load_model(folder.final_model()).theta) << "with nothing changed";
  }
  Experiment slower = same;
  slower.optimizer = Adam{.learning_rate = 0.001};
  {
    RunFolder branch = branch_run(folder, 10, path("slower"), slower);
    EXPECT_EQ(branch.updates(), std::vector<Index>{10});
    EXPECT_NE(carry_out(branch).model.theta, load_model(folder.final_model()).theta);
    EXPECT_EQ(branch.experiment().start_run, folder.path());
    EXPECT_EQ(branch.experiment().start_update, 10);
    EXPECT_THROW(run_experiment(branch.experiment()), ValueError) << "it does not begin by itself";
  }
  Experiment other = same;
  other.network = "2-5tanh-2softmax";
  EXPECT_THROW(branch_run(folder, 10, path("other"), other), ValueError);
  Experiment batches = same;
  batches.batch = 12;
  EXPECT_THROW(branch_run(folder, 10, path("batches"), batches), ValueError) << "within an epoch of 7 updates";
  RunFolder branch = branch_run(folder, 14, path("batches"), batches);
  EXPECT_EQ(carry_out(branch).fit.epochs, e.epochs);
}

TEST_F(RunFolderTest, RefusesWhatIsNoneOrNotItsOwn) {
  const Experiment e = experiment();
  EXPECT_THROW(RunFolder::open(path("nowhere")), FileError);
  fs::create_directories(path("full"));
  write_file(path("full/notes.txt"), "mine");
  EXPECT_THROW(RunFolder::create(path("full"), e), FileError);
  RunFolder folder = RunFolder::create(path("run"), e);
  EXPECT_THROW(RunFolder::open(path("run")), FileError) << "while another has it";
  carry_out(folder, stop_after(5));
  const std::string snapshot = path("run/snapshots/000000000005.snapshot");
  std::string bytes = read_file(snapshot);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file(snapshot, bytes);
  EXPECT_THROW(carry_out(folder), FileError);
  fs::remove(snapshot);  // what is left goes on
  EXPECT_EQ(to_model_file(carry_out(folder).model), bytes_of(e));
  EXPECT_EQ(read_file(folder.history()).substr(0, 7), "update,");
}

TEST_F(RunFolderTest, TakesForASnapshotWhatIsCalledSoAndHoldsWhatItSays) {
  fs::create_directories(path("run"));
  write_file(path("run/.gradus-1-0.tmp"), "left by a write that was killed");
  RunFolder folder = RunFolder::create(path("run"), experiment());
  carry_out(folder, stop_after(5));
  const std::vector<Index> kept = folder.updates();
  for (const char* other : {"x.snapshot", "-1.snapshot", "1x.snapshot", ".snapshot", "000000000003", "3.snapshots"})
    write_file(path(std::string("run/snapshots/") + other), "mine");
  EXPECT_EQ(folder.updates(), kept);
  const std::string sixth = path("run/snapshots/000000000006.snapshot");
  fs::rename(path("run/snapshots/000000000005.snapshot"), sixth);
  try {
    folder.snapshot<double>(6);
    ADD_FAILURE() << "taken";
  } catch (const FileError& error) {
    EXPECT_EQ(error.what(), sixth + ": expected the state after 6 updates, got that after 5");
  }
}

TEST_F(RunFolderTest, KeepsARunInEitherPrecision) {
  Experiment e = experiment();
  e.precision = Precision::float32;
  RunFolder folder = RunFolder::create(path("run"), e);
  carry_out(folder, stop_after(5));
  EXPECT_EQ(to_model_file(carry_out(folder).model), bytes_of(e));
  EXPECT_EQ(folder.snapshot<float>(folder.updates().back()).position.updates, folder.updates().back());
}

TEST(HistoryFile, HoldsARowForEachUpdateThatSomethingIsKnownOf) {
  const std::string header = "update,loss,accuracy,test_loss,test_accuracy\n";
  History history;
  EXPECT_EQ(history_csv(history), header);
  history.update = {1, 4};
  history.loss = {0.5, 0.25};
  EXPECT_EQ(history_csv(history), header + "1,0.5,,,\n4,0.25,,,\n");
  history.accuracy = {1};  // of the first alone
  history.test_update = {2, 4, 6};
  history.test_loss = {1, 2, 3};
  EXPECT_EQ(history_csv(history), header + "1,0.5,1,,\n2,,,1,\n4,0.25,,2,\n6,,,3,\n");
}

TEST_F(RunFolderTest, KeepsADivergedRunToBranchFromBefore) {
  Experiment e = experiment("sgd");
  e.loss = "mse";
  e.data = "xor";
  e.network = "2-6relu-2";
  e.test = 0;
  e.batch = 0;
  e.epochs = 2000;
  e.optimizer = Sgd{.learning_rate = 50};
  RunFolder folder = RunFolder::create(path("run"), e);
  ASSERT_EQ(carry_out(folder).fit.reason, StopReason::diverged);
  EXPECT_FALSE(fs::exists(folder.final_model()));
  Experiment slower = folder.experiment();
  slower.optimizer = Sgd{.learning_rate = 0.01};
  RunFolder branch = branch_run(folder, 0, path("slower"), slower);
  EXPECT_EQ(carry_out(branch).fit.reason, StopReason::finished);
}

}  // namespace
}  // namespace gradus
