// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "gradus/model/model.hpp"
#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

using SweepCli = CliTest;
using nlohmann::json;
using Words = std::vector<std::string>;

const std::string kData = "circles:samples=60,noise=0.15,factor=0.4";

Words sweep(const Words& more) {
  Words words{"sweep",    kData,      "--network", "2-{3,5}tanh-2softmax",
              "--lr",     "0.05,0.2", "--batch",   "1",
              "--epochs", "4",        "--test",    "0.3",
              "--seeds",  "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_F(SweepCli, WritesResultsTheBestModelAndAReport) {
  const Outcome outcome = run(sweep({"-o", "s", "--json"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["runs"], 12);
  EXPECT_EQ(report["computed"], 12);
  ASSERT_EQ(report["configurations"].size(), 4u);
  EXPECT_GE(report["configurations"][0]["mean"], report["configurations"][3]["mean"]);
  const std::string html = read("s/report.html");
  for (const char* part : {"<svg", "One parameter at a time", "All parameters at once", "The cloud of seeds",
                           "gradus sweep", "--network", "2-{3,5}tanh-2softmax"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_NE(html.find(">gradus sweep circles:"), std::string::npos) << "the command begins its block";
  EXPECT_NE(html.find(" \\\n    --lr 0.05,0.2 \\\n    --"), std::string::npos) << "an option a line";
  EXPECT_EQ(html.find("No picture"), std::string::npos);
  EXPECT_EQ(html.find("http://"), html.find("http://www.w3.org")) << "nothing is loaded";

  // The best model is a model like any other, made by the run that the table says.
  const json repeated = json::parse(run({"run", "s/best.model", "--json"}).out);
  EXPECT_EQ(repeated["repeated"]["equal"], true);
  EXPECT_EQ(repeated["test"]["accuracy"], report["best"]["test"]["accuracy"]);
  EXPECT_EQ(run({"predict", "s/best.model", kData, "-q"}).status, 0);
  EXPECT_NE(read("s/results.csv").find(report["best"]["hash"].get<std::string>()), std::string::npos);

  const std::string csv = read("s/results.csv");
  const json again = json::parse(run(sweep({"-o", "s", "--json", "--threads", "1"})).out);
  EXPECT_EQ(again["computed"], 0);
  EXPECT_EQ(again["reused"], 12);
  EXPECT_EQ(read("s/results.csv"), csv);
}

TEST_F(SweepCli, GivesTheNumbersOfTrain) {
  ASSERT_EQ(run(sweep({"-o", "s", "-q"})).status, 0);
  const json single = json::parse(run({"train", kData, "--network", "2-5tanh-2softmax", "--lr", "0.2", "--batch", "1",
                                       "--epochs", "4", "--test", "0.3", "--seed", "2", "-o", "m", "--json"})
                                      .out);
  const std::string csv = read("s/results.csv");
  const std::size_t line = csv.find(",2-5tanh-2softmax,0.2,2,done,");
  ASSERT_NE(line, std::string::npos) << csv;
  double loss[2] = {};
  double accuracy[2] = {};
  ASSERT_EQ(std::sscanf(csv.c_str() + line, ",2-5tanh-2softmax,0.2,2,done,%lf,%lf,%lf,%lf", &loss[0], &accuracy[0],
                        &loss[1], &accuracy[1]),
            4);
  EXPECT_NEAR(loss[0], single["train"]["loss"], 1e-10);
  EXPECT_NEAR(loss[1], single["test"]["loss"], 1e-10);
  EXPECT_EQ(accuracy[0], single["train"]["accuracy"]);
  EXPECT_EQ(accuracy[1], single["test"]["accuracy"]);
}

TEST_F(SweepCli, IsQuietWhenToldAndShowsProgressElsewhere) {
  const Outcome quiet = run(sweep({"-o", "s", "-q"}));
  EXPECT_EQ(quiet.out + quiet.err, "");
  const Outcome loud = run(sweep({"-o", "t"}));
  EXPECT_NE(loud.out.find("accuracy on the test set, mean and standard deviation over 3 seeds:"), std::string::npos);
  EXPECT_NE(loud.err.find("run 12/12  best "), std::string::npos) << loud.err;
}

TEST_F(SweepCli, ADryRunCountsAndWritesNothing) {
  const std::size_t before = files();
  const Outcome outcome = run(sweep({"--dry-run", "--json"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["runs"], 12);
  EXPECT_EQ(report["missing"], 12);
  EXPECT_EQ(report["banked"], 12);
  EXPECT_GT(report["seconds"], 0);
  EXPECT_EQ(files(), before);
}

TEST_F(SweepCli, ADryRunOfAMillionRunsPlansSomeThatSpeakForAll) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer takes more addresses than there are to be";
#endif
  // 500 MB of addresses; a million experiments took twice as much, and half a minute.
  const std::string command = "ulimit -v 500000; " + std::string(GRADUS_CLI) +
                              " sweep moons --network '2-{2,3}tanh-2softmax' --lr 0.001..1 --random 1000000" +
                              " --threads 1 --dry-run --json > " + path("out");
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(json::parse(read("out"))["runs"], 1'000'000);
}

TEST_F(SweepCli, DrawsConfigurationsFromRanges) {
  Words words = sweep({"--random", "3", "-o", "s", "--json"});
  std::replace(words.begin(), words.end(), std::string("0.05,0.2"), std::string("0.01..0.5"));
  const json report = json::parse(run(words).out);
  EXPECT_EQ(report["runs"], 9);
  for (const json& configuration : report["configurations"]) {
    const double rate = std::stod(configuration["values"]["lr"].get<std::string>());
    EXPECT_GE(rate, 0.01);
    EXPECT_LE(rate, 0.5);
  }
}

TEST_F(SweepCli, ShardsOfItMadeAtOnceAreJoinedByteForByte) {
  // In two places of one name, for the report tells the folder.
  std::filesystem::create_directories(path("elsewhere"));
  ASSERT_EQ(run(sweep({"-o", "s", "-q"})).status, 0);
  std::map<std::string, std::string> whole;
  for (const char* file : {"results.csv", "best.model", "report.html"}) whole[file] = read(std::string("s/") + file);
  std::filesystem::rename(path("s"), path("elsewhere/s"));

  std::vector<pid_t> shards;
  for (const char* shard : {"2/3", "1/3", "3/3"}) shards.push_back(start(sweep({"-o", "s", "-q", "--shard", shard})));
  for (const pid_t shard : shards) ASSERT_EQ(finish(shard).status, 0);
  const json again = json::parse(run(sweep({"-o", "s", "--json", "--shard", "1/3"})).out);
  EXPECT_EQ(again["shard"], "1/3");
  EXPECT_EQ(again["computed"], 0);
  const json merged = json::parse(run({"sweep", "--merge", "s", "--json"}).out);
  EXPECT_EQ(merged["runs"], 12);
  EXPECT_EQ(merged["shards"], 3);
  for (const auto& [file, bytes] : whole) EXPECT_EQ(read("s/" + file), bytes) << file;
}

TEST_F(SweepCli, RefusesShardsInOneLine) {
  const auto with = [&](const Words& more, int status = 2) { return refusal(sweep(more), status); };
  EXPECT_EQ(with({"-o", "s", "--shard", "0/3"}),
            "--shard: expected a shard such as 3/16, its number from 1 on, of at most a million, got '0/3'");
  EXPECT_EQ(with({"-o", "s", "--shard", "1/3", "--halving", "2"}),
            "--halving has no effect here: a shard does not know how the others fare");
  EXPECT_EQ(with({"--shard", "1/3", "--dry-run"}),
            "--shard has no effect here: --dry-run counts the runs of the whole sweep");
  EXPECT_EQ(refusal({"sweep", "--merge", "s", "--lr", "1"}, 2),
            "--lr has no effect here: --merge takes the sweep from its shards");
  EXPECT_EQ(refusal({"sweep", kData, "--merge", "s"}, 2),
            "DATA has no effect here: --merge takes the sweep from its shards");
  EXPECT_TRUE(refusal({"sweep", "--merge", "nowhere"}, 1).starts_with("nowhere: cannot open the folder"));
  EXPECT_EQ(refusal({"sweep", "-o", "s"}, 2), "DATA is required (see gradus sweep --help)");
  EXPECT_EQ(refusal({"sweep", kData, "-o", "s"}, 2), "--network is required (see gradus sweep --help)");
  EXPECT_FALSE(std::filesystem::exists(path("s")));
}

TEST_F(SweepCli, DataThatIsGoneOrAnotherIsNotMerged) {
  const std::string rows = "1,2,a\n2,1,b\n0,1,a\n2,3,b\n-1,0,a\n3,3,b\n";
  write("mine.csv", "x,y,label\n" + rows);
  const Words words{"sweep", "mine.csv", "--network", "2-{2,3}tanh-2softmax", "--epochs", "2", "-o",
                    "s",     "-q",       "--shard"};
  for (const char* shard : {"1/2", "2/2"}) {
    Words own = words;
    own.push_back(shard);
    ASSERT_EQ(run(own).status, 0);
  }
  write("mine.csv", "x,y,label\n5,5,a\n" + rows);
  EXPECT_NE(refusal({"sweep", "--merge", "s"}, 1).find("mine.csv"), std::string::npos);
  std::filesystem::remove(path("mine.csv"));
  EXPECT_NE(refusal({"sweep", "--merge", "s"}, 1).find("mine.csv"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("s/results.csv")));
}

TEST_F(SweepCli, RefusesInOneLine) {
  const auto with = [&](const std::string& flag, const std::string& value) {
    return refusal({"sweep", kData, "--network", "2-3tanh-2softmax", "-o", "s", flag, value}, 2);
  };
  EXPECT_EQ(with("--lr", "0.1,0"), "--lr: expected a number above 0, got 0");
  EXPECT_EQ(with("--lr", "0.1,,1"), "--lr: expected a number above 0, got ''");
  EXPECT_EQ(with("--batch", "1,half"), "--batch: expected a whole number of at least 1, or full, got 'half'");
  EXPECT_EQ(with("--seeds", "0"), "--seeds: expected a whole number of at least 1, got '0'");
  EXPECT_EQ(with("--seed", "1,2"), "--seed: expected one value, the first seed (--seeds says how many), got '1,2'");
  EXPECT_EQ(with("--threads", "x"), "--threads: expected a whole number of at least 1, got 'x'");
  EXPECT_TRUE(with("--lr", "1..2").starts_with("--lr: a range has no end of values: --random says how many"));
  EXPECT_EQ(with("--netwrok", "x"), "unknown option --netwrok, did you mean --network? (see gradus sweep --help)");
  EXPECT_EQ(refusal({"sweep", kData, "--network", "2-3tanh-2softmax"}, 2),
            "--output: expected the name of a folder, got none");
  EXPECT_EQ(refusal({"sweep", kData, "--network", "{2-2softmax,4-3softmax}", "-o", "s"}, 1),
            "network 4-3softmax takes 4 inputs, but " + kData + " has 2 features (x0, x1)");
  EXPECT_TRUE(
      pointed_refusal({"sweep", kData, "--network", "2-{3,4tanh-2softmax", "-o", "s"}, 2, "2-{3,4tanh-2softmax\n  ^\n")
          .ends_with("expected a '}' that closes this '{'"));
  pointed_refusal({"sweep", kData, "--network", "2-{3,4}tanhh-2softmax", "-o", "s"}, 2, "2-3tanhh-2softmax\n   ^\n");
}

TEST_F(SweepCli, RefusesAFolderThatCannotBeUsed) {
  write("taken", "a file");
  EXPECT_TRUE(refusal(sweep({"-o", "taken"}), 1).starts_with("taken: cannot make the folder"));
  std::filesystem::create_directories(path("s"));
  write("s/results.csv", "a,b\n1,2\n");
  EXPECT_TRUE(refusal(sweep({"-o", "s"}), 1).starts_with("s/results.csv:1: expected results of a sweep"));
  EXPECT_EQ(read("s/results.csv"), "a,b\n1,2\n");
}

TEST_F(SweepCli, CtrlCLeavesAFolderToGoOnFrom) {
  const pid_t child = start({"sweep", kData, "--network", "{2-3tanh-2softmax,2-3gelu-2softmax}", "--epochs",
                             "2,1000000000", "--batch", "1", "--seeds", "4", "-o", "s"});
  // The longest runs are begun first: nothing is done when they are cut off. The wait is for a machine under load.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ::kill(child, SIGINT);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("interrupted; "), std::string::npos) << outcome.err;
  EXPECT_TRUE(read("s/results.csv").starts_with("run,network,epochs,seed,status,")) << read("s/results.csv");
  EXPECT_FALSE(exists("s/report.html"));
}

}  // namespace
}  // namespace gradus
