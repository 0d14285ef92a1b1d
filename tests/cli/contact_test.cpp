// SPDX-License-Identifier: MIT
// The first things that a user does: data as it comes, the bare command, columns that stand elsewhere.
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

class FirstContact : public CliTest {
 protected:
  json report(Words words) const {
    words.push_back("--json");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }
  /// Runs a line of help; what it trains does well on its test set.
  void runs_as_it_stands(const std::string& line) const {
    Words words;
    const std::regex word("['\"]([^'\"]*)['\"]|[^ ]+");
    for (std::sregex_iterator k(line.begin(), line.end(), word), end; k != end; ++k)
      words.push_back((*k)[1].matched ? (*k)[1].str() : k->str());
    words.erase(words.begin());
    if (words[0] == "sweep") words.insert(words.end(), {"--epochs", "3"});  // the figures are of the others
    if (words[0] == "page") lay_page();
    if (words[0] == "quiz") {  // it waits for an answer, and this one is not likely to be right
      words.insert(words.end(), {"--answer", "sign:loss"});
      EXPECT_LE(run(words).status, 1) << line;
      return;
    }
    const Outcome outcome = run(words);
    const bool finds_a_fault = line.find("--plant") != std::string::npos;
    EXPECT_EQ(outcome.status, finds_a_fault ? 1 : 0) << line << '\n' << outcome.err;
    if (words[0] != "train") return;
    std::smatch share;
    ASSERT_TRUE(std::regex_search(outcome.out, share, std::regex("accuracy .*, on the test set ([0-9.]+)\n")))
        << outcome.out;
    EXPECT_GE(std::stod(share[1]), 0.88) << line;
  }
  /// Price = 100 + 3 x1 - x2, in a table of these columns.
  std::string prices(const std::string& header, const std::string& separator = ",") const {
    std::string text = std::regex_replace(header, std::regex(","), separator) + "\n";
    for (int i = 0; i < 40; ++i) {
      const double x1 = (i * 37 % 41 - 20) / 10.0, x2 = (i * 23 % 43 - 21) / 10.0;
      std::string row = header;
      for (const auto& [name, value] :
           {std::pair{"x1", x1}, {"x2", x2}, {"price", 100 + 3 * x1 - x2}, {"id", i + 1461.0}})
        row = std::regex_replace(row, std::regex(std::string("\\b") + name + "\\b"), std::to_string(value));
      text += std::regex_replace(row, std::regex(","), separator) + "\n";
    }
    return text;
  }
};

TEST_F(FirstContact, TheBareCommandTrainsAndSaysWhatItChose) {
  write("flats.csv", prices("x1,x2,price"));
  const json flats = report({"train", "flats.csv"});
  EXPECT_TRUE(exists("flats.model"));
  EXPECT_EQ(flats["task"], "regression");
  EXPECT_EQ(flats["target"], json::array({"price"}));
  EXPECT_GT(flats["test"]["r2"], 0.95);
  const std::string chosen = flats["chosen"];
  EXPECT_TRUE(chosen.starts_with("--network 2-32relu-32relu-1 ")) << chosen;
  // The same flags give the same numbers.
  Words again{"train", "flats.csv", "-o", "again.model"};
  const std::regex word("[^ ]+");
  for (std::sregex_iterator at(chosen.begin(), chosen.end(), word), end; at != end; ++at) again.push_back(at->str());
  EXPECT_EQ(report(again)["parameters_sha256"], flats["parameters_sha256"]);
  const json circles = report({"train", "circles:samples=300,noise=0.1,factor=0.4"});
  EXPECT_TRUE(exists("circles.model"));
  EXPECT_GT(circles["test"]["accuracy"], 0.95);
}

TEST_F(FirstContact, AGivenNetworkAndNothingElseLearnsTheCircles) {
  // Of 10 seeds the median is 1 and the least 1; 0.95 leaves room for another arithmetic.
  for (const char* seed : {"0", "5", "9"})
    EXPECT_GE(report({"train", "circles", "--network", "2-16tanh-2softmax", "--seed", seed, "-o",
                      "c.model"})["train"]["accuracy"],
              0.95)
        << seed;
}

TEST_F(FirstContact, TheBareCommandWritesOverNothingThatTrainDidNotMake) {
  write("xor.model", "mine");
  EXPECT_NE(run({"train", "xor"}).status, 0);
  EXPECT_EQ(read("xor.model"), "mine");
}

TEST_F(FirstContact, ColumnsAreTakenByTheirNamesWhereverTheyStand) {
  write("train.csv", prices("x1,x2,price"));
  ASSERT_EQ(
      run({"train", "train.csv", "--network", "2-8tanh-1", "--scale-target", "standard", "-o", "m.model", "-q"}).status,
      0);
  const json expected = report({"predict", "m.model", "train.csv"});
  EXPECT_GT(expected["scores"]["r2"], 0.9);
  for (const std::string header : {"price,x1,x2", "x2,x1,price", "id,x2,price,x1", "x2,id,x1"}) {
    write("other.csv", prices(header, header == "x2,x1,price" ? ";" : ","));
    const json got = report({"predict", "m.model", "other.csv"});
    EXPECT_EQ(got["predictions"], expected["predictions"]) << header;
    EXPECT_EQ(got.contains("scores") ? got["scores"] : expected["scores"], expected["scores"]) << header;
    EXPECT_EQ(got.contains("scores"), header != "x2,id,x1") << header;
  }
  write("lacks.csv", prices("x1,price"));
  EXPECT_EQ(refusal({"predict", "m.model", "lacks.csv"}, 1),
            "lacks.csv: expected the columns of training, got none named x2 (the file has x1, price)");
  write("swapped.csv", prices("price,x2,x1"));
  const Words tested{"train", "train.csv", "--network", "2-8tanh-1", "-o", "t.model", "--test"};
  const auto on = [&](const std::string& file) {
    Words words = tested;
    words.push_back(file);
    return report(words)["test"];
  };
  EXPECT_EQ(on("swapped.csv"), on("train.csv"));
}

TEST_F(FirstContact, RefusalsNameTheColumnAndTheFlagThatSaysOtherwise) {
  write("price.csv", prices("x1,x2,price"));
  EXPECT_EQ(refusal({"train", "price.csv", "--network", "2-4tanh-3softmax", "-o", "m"}, 1).substr(0, 45),
            "price.csv:2: column 'price': expected a class");
  write("kinds.csv", "a,kind\n1,x\n2,y\n3,z\n4,x\n");
  EXPECT_EQ(refusal({"train", "kinds.csv", "--network", "1-4tanh-2softmax", "-o", "m"}, 1),
            "network 1-4tanh-2softmax has 2 outputs, but kinds.csv has 3 classes (x, y, z) in its column 'kind' "
            "(--target names "
            "another column, --task regression takes numbers as such)");
}

TEST_F(FirstContact, TheModelsOwnRowsAreToldAndTaken) {
  ASSERT_EQ(run({"train", "iris", "-q"}).status, 0);
  EXPECT_NE(run({"predict", "iris.model", "iris"}).err.find("was trained on 120 of these 150 rows"), std::string::npos);
  EXPECT_EQ(report({"predict", "iris.model", "iris", "--rows", "test"})["samples"], 30);
  EXPECT_EQ(report({"predict", "iris.model", "iris", "--rows", "training"})["samples"], 120);
  EXPECT_EQ(refusal({"predict", "iris.model", "iris", "--rows", "some"}, 2),
            "--rows: expected all, training or test, got 'some'");
}

TEST_F(FirstContact, WordsGapsAndScalesStayWithTheModel) {
  std::string text = "city,area,rent\n";
  for (int i = 0; i < 60; ++i)
    text += std::string(i % 3 == 0 ? "Bonn" : "Mainz") + "," + (i % 10 == 4 ? "NA" : std::to_string(30 + i * 7 % 60)) +
            "," + std::to_string(300 + 9 * (30 + i * 7 % 60) + (i % 3 == 0 ? 200 : 0)) + "\n";
  write("rents.csv", text);
  const std::string said = refusal({"train", "rents.csv"}, 1);
  EXPECT_NE(said.find("--encode one-hot"), std::string::npos) << said;
  EXPECT_NE(said.find("--missing drop"), std::string::npos) << said;
  const json trained =
      report({"train", "rents.csv", "--encode", "one-hot", "--missing", "median", "--scale-target", "log"});
  EXPECT_GT(trained["test"]["r2"], 0.5);
  write("new.csv", "area,city\n60,Bonn\n,Mainz\n60,Ulm\n");
  const json answers = report({"predict", "rents.model", "new.csv"});
  for (const json& row : answers["predictions"]) {
    EXPECT_GT(row["outputs"][0], 300);
    EXPECT_LT(row["outputs"][0], 1500);
  }
  EXPECT_NE(answers["reading"].dump().find("never seen in training"), std::string::npos) << answers["reading"];
}

TEST_F(FirstContact, EveryExampleOfHelpRunsFromAnEmptyFolderInOrder) {
  const json table = json::parse(run({"--options"}).out);
  std::vector<Words> commands{{}};
  for (const json& command : table) {
    const std::string name = command["command"];
    if (name == "study") continue;  // takes minutes; tests/studies runs it
    const std::size_t space = name.find(' ');
    commands.push_back({name.substr(0, space)});
    if (space != std::string::npos) commands.back().push_back(name.substr(space + 1));
  }
  std::size_t tried = 0;
  for (Words words : commands) {
    words.push_back("--help");
    const std::string help = run(words).out;
    const std::regex example("^  (gradus .*)$", std::regex::multiline);
    for (std::sregex_iterator line(help.begin(), help.end(), example), end; line != end; ++line) {
      runs_as_it_stands((*line)[1].str());
      ++tried;
    }
  }
  EXPECT_GE(tried, 14u);
}

}  // namespace
}  // namespace gradus
