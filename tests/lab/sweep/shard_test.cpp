// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/shard.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Prepared {
  SweepRequest request;
  ExperimentSource source;
  SweepPlan plan;
};

Prepared prepare(const Settings& settings, Index seeds, Index random = 0) {
  Prepared s{};
  s.request.base.data = "circles:samples=40,noise=0.15,factor=0.4";
  s.request.base.seed = 7;
  s.request.seeds = seeds;
  s.request.random = random;
  for (const auto& [flag, text] : settings)
    for (const ExperimentKey& key : experiment_keys())
      if (key.flag == flag) s.request.grid.set(key, text, "--" + flag);
  s.source = load_source(s.request.grid.experiment(s.request.base, s.request.grid.samples().front()));
  s.plan = plan_sweep(s.request, s.source);
  return s;
}

const Settings kSmall{
    {"network", "2-{3,5}tanh-2softmax"}, {"lr", "0.05,0.2"}, {"batch", "1"}, {"epochs", "2"}, {"test", "0.3"}};

class Shards : public ::testing::Test {
 protected:
  Shards() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = ::testing::TempDir() + "gradus_shards_" + name + "_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
  }
  ~Shards() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  SweepOutcome make(const Prepared& s, const Shard& shard) const {
    return run_shard(s.request, shard_of(s.plan, shard), s.source, {.folder = folder_}, shard);
  }
  void make_all(const Prepared& s, Index of) const {
    for (Index number = of; number >= 1; --number) make(s, {number, of});
  }
  /// What merging says against it, without the folder.
  std::string refusal() const {
    try {
      merge_shards(folder_);
    } catch (const FileError& error) {
      const std::string message = error.what();
      return message.substr(message.find(folder_) + folder_.size());
    }
    return "none";
  }
  /// The file of a shard with a text in it replaced.
  void replace(const Shard& shard, const std::string& from, const std::string& to) const {
    std::string text = read_file(path(file_name(shard)));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file(path(file_name(shard)), text.replace(at, from.size(), to));
  }

  std::string folder_;
};

TEST(Shard, IsReadAsItIsWritten) {
  for (const Index of : {1, 2, 7, 1000})
    for (const Index number : {Index{1}, (of + 1) / 2, of}) {
      const Shard shard{number, of};
      EXPECT_EQ(parse_shard(to_text(shard)), shard);
    }
  EXPECT_EQ(file_name(parse_shard("3/16")), "shard-3-of-16.csv");
  for (const char* wrong : {"", "3", "/", "3/", "/3", "0/3", "4/3", "-1/3", "1/0", "1/3/5", "1.5/3", "1 / 3", "a/b",
                            "1/1000001", "99999999999999999999/99999999999999999999"})
    EXPECT_THROW(parse_shard(wrong), ValueError) << wrong;
}

TEST(Shard, EveryRunIsDealtOnceHoweverManyShards) {
  for (const Index seeds : {1, 3, 16, 17, 40}) {
    const Prepared s = prepare(kSmall, seeds);
    for (const Index of : {1, 2, 3, 5, 16, 200}) {
      std::vector<std::string> dealt;
      for (Index number = 1; number <= of; ++number)
        for (const SweepRun& run : shard_of(s.plan, {number, of}).runs) dealt.push_back(run.hash);
      std::vector<std::string> all;
      for (const SweepRun& run : s.plan.runs) all.push_back(run.hash);
      std::sort(dealt.begin(), dealt.end());
      std::sort(all.begin(), all.end());
      EXPECT_EQ(dealt, all) << seeds << " seeds, " << of << " shards";
    }
  }
}

TEST(Shard, SharesAreAlikeInSizeAndMixedInKind) {
  for (const Index seeds : {40, 64}) {
    const Prepared s =
        prepare({{"network", "2-{2,4,8,16}tanh-2softmax"}, {"lr", "0.01,0.02,0.05,0.1"}, {"batch", "1"}}, seeds);
    for (const Index of : {2, 3, 4, 7}) {
      const double even = static_cast<double>(s.plan.runs.size()) / static_cast<double>(of);
      for (Index number = 1; number <= of; ++number) {
        const SweepPlan part = shard_of(s.plan, {number, of});
        EXPECT_NEAR(static_cast<double>(part.runs.size()), even, 16) << "a block at most";
        const auto share = [&](auto is_one) {
          const auto count = std::count_if(part.runs.begin(), part.runs.end(),
                                           [&](const SweepRun& run) { return is_one(run.experiment); });
          return static_cast<double>(count) / (even / 4);
        };
        EXPECT_LE(share([](const Experiment& e) { return e.network == "2-16tanh-2softmax"; }), 2)
            << "the slow networks are not one shard's";
        EXPECT_LE(share([](const Experiment& e) { return learning_rate(e.optimizer) == 0.1; }), 2)
            << "nor what stands at every fourth place";
      }
    }
  }
}

TEST_F(Shards, JoinedAreTheRunsOfOneSweepByteForByte) {
  const std::vector<Settings> kinds{
      kSmall,
      {{"network", "2-{3,5}tanh-2softmax"}, {"optimizer", "{adam,lbfgs}"}, {"epochs", "3"}, {"no-stratify", "true"}},
      {{"network", "2-3tanh-2softmax"}, {"lr", "0.01..0.5"}, {"epochs", "2"}, {"precision", "float32"}},
      {{"network", "2-3tanh-2softmax"}, {"engine", "{definition,automatic}"}, {"epochs", "2"}},
  };
  for (const Settings& settings : kinds) {
    const Prepared s = prepare(settings, 5, settings[1].second == "0.01..0.5" ? 4 : 0);
    std::filesystem::create_directories(folder_ + "/whole");
    const SweepOutcome whole = run_sweep(s.plan, s.source, {.folder = folder_ + "/whole"});
    for (const Index of : {1, 3, 7}) {
      make_all(s, of);
      const MergedSweep merged = merge_shards(folder_);
      EXPECT_EQ(merged.shards, of);
      EXPECT_EQ(merged.outcome.results, whole.results);
      EXPECT_EQ(merged.outcome.best(), whole.best());
      EXPECT_EQ(read_file(path("results.csv")), read_file(path("whole/results.csv")));
      for (Index number = 1; number <= of; ++number) std::filesystem::remove(path(file_name({number, of})));
    }
    std::filesystem::remove_all(folder_);
  }
}

TEST_F(Shards, AShardGoesOnWhereItWas) {
  const Prepared s = prepare(kSmall, 4);
  EXPECT_EQ(make(s, {2, 3}).computed, static_cast<Index>(shard_of(s.plan, {2, 3}).runs.size()));
  const std::string file = path("shard-2-of-3.csv"), text = read_file(file);
  EXPECT_EQ(make(s, {2, 3}).computed, 0);
  EXPECT_EQ(read_file(file), text);
  write_file(file, text.substr(0, text.rfind('\n', text.size() - 2) + 5));  // cut in its last line
  EXPECT_EQ(make(s, {2, 3}).computed, 1);
  EXPECT_EQ(read_file(file), text);
}

TEST_F(Shards, AWholeSweepAndAShardDoNotShareAFolderAtOnceAndTwoShardsDo) {
  const Prepared s = prepare(kSmall, 2);
  std::filesystem::create_directories(folder_);
  {
    const FolderLock other(folder_, FolderLock::shared);
    EXPECT_NO_THROW(make(s, {1, 2}));
    EXPECT_THROW(run_sweep(s.plan, s.source, {.folder = folder_}), FileError);
    EXPECT_THROW(merge_shards(folder_), FileError);
  }
  const FolderLock sweep(folder_);
  EXPECT_THROW(make(s, {2, 2}), FileError);
}

TEST_F(Shards, WhatIsMissingDoubledOrForeignIsRefused) {
  std::filesystem::create_directories(folder_);
  EXPECT_EQ(refusal(), ": expected the shards of a sweep, shard-1-of-N.csv and so on, got none");
  const Prepared s = prepare(kSmall, 3);
  make_all(s, 3);
  const std::string whole = read_file(path("shard-2-of-3.csv"));
  const auto restore = [&] { write_file(path("shard-2-of-3.csv"), whole); };
  EXPECT_EQ(refusal(), "none");

  std::filesystem::remove(path("shard-2-of-3.csv"));
  EXPECT_EQ(refusal(),
            ": expected all 3 shards of the sweep, 1 missing: 2/3; each is made by the sweep's command with --shard");
  restore();

  make(s, {1, 2});
  EXPECT_EQ(refusal(), ": expected the shards of one sweep, got shard-1-of-2.csv and shard-3-of-3.csv");
  std::filesystem::remove(path("shard-1-of-2.csv"));

  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  write_file(path("shard-2-of-3.csv"), whole.substr(0, last));
  EXPECT_EQ(refusal(),
            "/shard-2-of-3.csv: expected the 4 runs of shard 2/3, 1 missing: the command that began it goes on");
  write_file(path("shard-2-of-3.csv"), whole + whole.substr(last));
  EXPECT_NE(refusal().find("expected each run once"), std::string::npos) << refusal();
  std::string other = read_file(path("shard-1-of-3.csv"));
  other = other.substr(other.rfind('\n', other.size() - 2) + 1);
  write_file(path("shard-2-of-3.csv"), whole.substr(0, last) + other);
  EXPECT_NE(refusal().find("expected a run of this shard"), std::string::npos) << refusal();
  std::string altered = whole;
  altered[altered.size() - 12] ^= 1;
  write_file(path("shard-2-of-3.csv"), altered);
  EXPECT_NE(refusal().find("checksum"), std::string::npos) << refusal();

  write_file(path("shard-2-of-3.csv"), read_file(path("shard-1-of-3.csv")));
  EXPECT_EQ(refusal(), "/shard-2-of-3.csv:1: expected '# gradus sweep, shard 2/3'");
  restore();
  EXPECT_EQ(refusal(), "none") << "each of these faults alone was refused";
}

TEST_F(Shards, OfManyThatAreMissingTenAreNamed) {
  const Prepared s = prepare(kSmall, 3);
  for (const Index of : {11, 12}) {
    make(s, {1, of});
    EXPECT_EQ(
        refusal(), ": expected all " + std::to_string(of) + " shards of the sweep, " + std::to_string(of - 1) +
                       " missing: " +
                       [&] {
                         std::string list;
                         for (Index number = 2; number <= 11; ++number)
                           list += (number > 2 ? ", " : "") + to_text(Shard{number, of});
                         return list;
                       }() +
                       (of > 11 ? ", ..." : "") + "; each is made by the sweep's command with --shard");
    std::filesystem::remove(path(file_name({1, of})));
  }
}

TEST_F(Shards, GoWhereTheyAreToldAndAreOfTheDataThatTheyAreToldOf) {
  const Prepared s = prepare(kSmall, 2);
  EXPECT_THROW(run_shard(s.request, s.plan, s.source, {}, {1, 1}), ValueError) << "no folder";
  make_all(s, 2);
  std::filesystem::create_directories(folder_ + "/into");
  const MergedSweep there = merge_shards(folder_, {.data = s.source, .into = folder_ + "/into"});
  EXPECT_FALSE(std::filesystem::exists(path("results.csv")));
  EXPECT_EQ(merge_shards(folder_, {.into = folder_}).outcome.results, there.outcome.results);
  EXPECT_EQ(read_file(path("into/results.csv")), read_file(path("results.csv")));
  ExperimentSource other = s.source;
  other.fingerprint = "another";
  EXPECT_THROW(merge_shards(folder_, {.data = other}), FileError);
}

TEST_F(Shards, APreambleThatEndsElsewhereIsNoneOfTheSweep) {
  const Prepared s = prepare(kSmall, 3);
  make_all(s, 2);
  const std::string file = path("shard-2-of-2.csv"), whole = read_file(file);
  const std::size_t print = whole.find("# fingerprint"), end = whole.find('\n', print) + 1;
  write_file(file, whole.substr(0, end) + "# more = 1\n" + whole.substr(end));
  EXPECT_NE(refusal().find(": expected '', got '# more = 1'"), std::string::npos) << refusal();
  write_file(file, whole.substr(0, print) + whole.substr(end));
  EXPECT_NE(refusal().find(", got ''"), std::string::npos) << refusal();
  std::filesystem::remove(path("shard-1-of-2.csv"));
  std::filesystem::remove(file);
  make_all(s, 1);
  const std::string one = path("shard-1-of-1.csv"), text = read_file(one);
  const std::size_t header = text.find('\n', text.find("# fingerprint")) + 1;
  for (const std::size_t cut : {header, header - 1, text.find("# seeds") + 9}) {  // a line end, without it, in a line
    write_file(one, text.substr(0, cut));
    EXPECT_NE(refusal(), "none") << cut;
  }
}

TEST_F(Shards, AFileThatIsCalledAlmostAsAShardIsNone) {
  std::filesystem::create_directories(folder_);
  for (const char* name : {"shard-1-of-1000000000000000.csv", "shard-1-of-2.txt", "ashard-1-of-2.csv", "shard-12.csv",
                           "shard-01-of-2.csv", "shard-1-of-02.csv", "shard-x-of-2.csv", "shard-3-of-2.csv"})
    write_file(path(name), "");
  EXPECT_EQ(refusal(), ": expected the shards of a sweep, shard-1-of-N.csv and so on, got none");
}

TEST_F(Shards, OfOneArithmeticAndOneSweepOnly) {
  const Prepared s = prepare(kSmall, 3);
  make_all(s, 3);
  const std::string here = s.plan.runs.front().experiment.arithmetic == Arithmetic::fused ? "fused" : "plain";
  const std::string elsewhere = here == "fused" ? "plain" : "fused";
  replace({2, 3}, "automatic arithmetic = " + here, "automatic arithmetic = " + elsewhere);
  EXPECT_EQ(refusal(),
            "/shard-2-of-3.csv: expected a shard of the sweep that shard-1-of-3.csv is of: expected '# "
            "automatic arithmetic = " +
                here + "', got '# automatic arithmetic = " + elsewhere + "'");
  replace({2, 3}, "automatic arithmetic = " + elsewhere, "automatic arithmetic = " + here);
  replace({3, 3}, "seeds = 3", "seeds = 4");
  EXPECT_NE(refusal().find("expected '# seeds = 3', got '# seeds = 4'"), std::string::npos) << refusal();
  // The same lie in every shard: then runs are missing.
  for (Index number = 1; number <= 2; ++number) replace({number, 3}, "seeds = 3", "seeds = 4");
  EXPECT_NE(refusal(), "none");
}

TEST_F(Shards, AreMergedInTheArithmeticThatTheyWereMadeIn) {
  Prepared s = prepare(kSmall, 3);
  s.request.automatic =
      s.plan.runs.front().experiment.arithmetic == Arithmetic::fused ? Arithmetic::plain : Arithmetic::fused;
  s.plan = plan_sweep(s.request, s.source);
  make_all(s, 2);
  EXPECT_EQ(merge_shards(folder_).plan.runs.front().experiment.arithmetic, s.request.automatic)
      << "another machine's, whatever this one would choose";
}

TEST_F(Shards, AnotherSweepsShardIsNotWrittenOver) {
  make(prepare(kSmall, 3), {1, 2});
  const std::string text = read_file(path("shard-1-of-2.csv"));
  EXPECT_THROW(make(prepare(kSmall, 4), {1, 2}), FileError);
  EXPECT_EQ(read_file(path("shard-1-of-2.csv")), text);
}

TEST_F(Shards, ALineOfTheRequestThatCannotBeReadIsNamed) {
  const Prepared s = prepare(kSmall, 3);
  for (const auto& [from, to, word] : std::vector<std::array<std::string, 3>>{
           {"seeds = 3", "seeds = x", "expected a whole number"},
           {"seeds = 3", "saplings = 3", "expected the name of an option"},
           {"seeds = 3", "seeds = 3x", "expected a whole number"},
           {"# seeds = 3", "# seeds", "expected '# NAME = VALUE'"},
           {"# seeds = 3", "#seeds = 3", "expected '# NAME = VALUE'"},
           {"grid network.layers", "grid network.layer", "expected the name of a key"},
           {"2-{3,5}tanh-2softmax", "2-{3,5tanh-2softmax", "expected a '}'"},
           {"0.05,0.2", "0.05,0.05", "expected different values"}}) {
    make_all(s, 1);
    replace({1, 1}, from, to);
    const std::string message = refusal();
    EXPECT_NE(message.find(word), std::string::npos) << message;
    EXPECT_EQ(message.find("/shard-1-of-1.csv:"), 0u) << message;
    std::filesystem::remove_all(folder_);
  }
}

TEST_F(Shards, ALineBreakInTheRequestIsRefusedBeforeAnythingIsWritten) {
  Prepared s = prepare(kSmall, 1);
  s.request.base.data += "\n";
  EXPECT_THROW(make(s, {1, 1}), ValueError);
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

}  // namespace
}  // namespace gradus
