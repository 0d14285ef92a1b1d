// SPDX-License-Identifier: MIT
// No option is ignored in silence: each that the program lists changes what a command gives, or is refused.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

/// Two values for each option that takes one, of which one at least is not its default.
const std::map<std::string, Words>& values() {
  static const std::map<std::string, Words> all{
      {"--network", {"2-5tanh-2softmax", "2-2relu-2softmax"}},
      {"--seed", {"5", "6"}},
      {"--precision", {"float32", "float64"}},
      {"--target", {"b", "label"}},
      {"--task", {"classification", "regression"}},
      {"--sample-weight", {"a", "b"}},
      {"--separator", {"semicolon", "tab"}},
      {"--decimal", {"comma", "point"}},
      {"--comment", {"a", "#", "0"}},
      {"--drop", {"a", "b"}},
      {"--encode", {"a", "b"}},
      {"--scale-target", {"standard", "min-max"}},
      {"--rows", {"training", "test"}},
      {"--for", {"torch", "keras"}},
      {"--from", {"torch", "jax", "old.model", "other.model"}},
      {"--test", {"0.5", "9"}},
      {"--scale", {"standard", "min-max"}},
      {"--init", {"he", "uniform:0.5"}},
      {"--loss", {"mse", "hinge"}},
      {"--reduction", {"sum", "mean"}},
      {"--class-weight", {"balanced", "1,3"}},
      {"--optimizer", {"adam", "lbfgs"}},
      {"--lr", {"0.3", "0.05"}},
      {"--momentum", {"0.5", "0.9"}},
      {"--schedule", {"cosine:epochs=3", "step:every=2"}},
      {"--l1", {"0.1", "0.2"}},
      {"--l2", {"0.1", "0.2"}},
      {"--weight-decay", {"0.1", "0.2"}},
      {"--max-norm", {"0.2", "0.1"}},
      {"--clip-norm", {"0.01", "0.02"}},
      {"--clip-value", {"0.01", "0.02"}},
      {"--early-stopping", {"loss", "test-loss"}},
      {"--patience", {"1", "2"}},
      {"--min-delta", {"5", "9"}},
      {"--epochs", {"3", "5"}},
      {"--updates", {"3", "5"}},
      {"--batch", {"4", "full"}},
      {"--order", {"draws", "shuffle"}},
      {"--min-change", {"100", "200"}},
      {"--record-every", {"2", "3"}},
      {"--test-every", {"3", "5"}},
      {"--samples", {"7", "9"}},
      {"--noise", {"0.1", "0.2"}},
      {"--factor", {"0.3", "0.6"}},
      {"--arms", {"3", "4"}},
      {"--turns", {"0.5", "1"}},
      {"--features", {"3", "4"}},
      {"--centers", {"2", "4"}},
      {"--cluster-std", {"0.5", "2"}},
      {"--center-box", {"0,1", "2,3"}},
      {"--range", {"0,1", "-1,1"}},
      {"--seeds", {"2", "3"}},
      {"--random", {"1", "2"}},
      {"--kind", {"confusion", "regions"}},
      {"--title", {"one", "two"}},
      {"--plant", {"sign", "all"}},
      {"--freeze", {"1", "2"}},
      {"--folds", {"3", "4"}},
      {"--halving", {"2", "3"}},
      {"--repeats", {"2", "3"}},
      {"--shard", {"1/2"}},
      {"--merge", {"out"}},
      {"--run", {"kept", "kept-too"}},
      {"--every", {"1s", "2m"}},
      {"--opset", {"17", "20"}},
      {"--std", {"c99", "c++17"}},
      {"--name", {"own", "another"}},
      {"--calibrate", {"wide.csv", "mine.csv"}},
      {"--answer", {"sign:loss", "doubled:1.weights"}},
      {"--gradient", {"mine.csv"}},
      {"--block", {"layer 1 weights"}},
      {"--sample", {"1", "2"}},
      {"--weight", {"layer 1 weights[0, 1]"}},
  };
  return all;
}

/// Options that may leave the numbers as they are, and why.
const std::map<std::string, std::string>& exceptions() {
  static const std::map<std::string, std::string> all{
      {"--quiet", "says less of the same"},
      {"--json", "says the same otherwise"},
      {"--missing", "says what becomes of gaps, of which there are none here"},
      {"--header", "names what is recognised unless told otherwise"},
      {"--full", "names what is done unless told otherwise"},
      {"--force", "permits what would be refused"},
      {"--external-data", "permits what would be refused"},
      {"--any-data", "permits what would be refused"},
      {"--threads", "the numbers do not depend on how many threads compute them"},
      {"--arithmetic", "both arithmetics may give numbers that print alike"},
      {"--engine", "both engines give the same numbers, to the last bit where they can"},
  };
  return all;
}

/// Command lines that do without options, of different kinds, for an option may be idle in one kind only. Each writes
/// to `out`, a picture to `out.svg`, ONNX to `out.onnx`, a header to `out.h`, weights to `out.safetensors`.
const std::map<std::string, std::vector<Words>>& contexts() {
  static const std::map<std::string, std::vector<Words>> all = [] {
    const Words train{"train", "mine.csv", "--network", "2-3tanh-2softmax", "-o", "out"};
    const auto with = [](Words words, const Words& more) {
      words.insert(words.end(), more.begin(), more.end());
      return words;
    };
    const Words sweep{"sweep", "mine.csv", "--network", "2-{2,3}tanh-2softmax", "--epochs", "2", "-o", "out"};
    return std::map<std::string, std::vector<Words>>{
        {"train",
         {with(train, {"--epochs", "4"}),
          with(train, {"--test", "0.25"}),
          with(train, {"--optimizer", "adam"}),
          with(train, {"--optimizer", "lbfgs", "--test", "0.3"}),
          with(train, {"--early-stopping", "accuracy", "--lr", "0.5"}),
          with(train, {"--momentum", "0.5"}),
          with(train, {"--updates", "7"}),
          {"train", "xor:samples=12", "--network", "2-3tanh-2softmax", "-o", "out"},
          {"train", "numbers.csv", "--network", "2-3tanh-1", "-o", "out", "--epochs", "3"}}},
        {"sweep", {sweep, with(sweep, {"--test", "0.25"}), with(sweep, {"--optimizer", "lbfgs"})}},
        {"predict", {{"predict", "old.model", "mine.csv"}, {"predict", "circles.model", "circles:samples=10"}}},
        {"plot", {{"plot", "old.model", "mine.csv", "-o", "out.svg"}}},
        {"show", {{"show", "old.model"}}},
        {"validate", {{"validate", "mine.csv", "--network", "2-3tanh-2softmax", "--epochs", "3", "--folds", "2"}}},
        {"compare", {{"compare", "old.model", "other.model"}}},
        {"importance", {{"importance", "old.model", "mine.csv"}}},
        {"export",
         {{"export", "old.model", "-o", "out.onnx"},
          {"export", "old.model", "-o", "out.h"},
          {"export", "old.model", "-o", "out.h", "--precision", "int8", "--calibrate", "mine.csv"},
          {"export", "old.model", "--for", "torch", "-o", "out.safetensors"}}},
        {"import",
         {{"import", "old.safetensors", "--network", "2-3tanh-2softmax", "-o", "out"},
          {"import", "kept.onnx", "-o", "out"}}},
        {"explain", {{"explain", "old.model", "mine.csv"}}},
        {"quiz", {{"quiz", "mine.csv", "--answer", "sign:loss"}}},
        {"check",
         {{"check", "old.model", "mine.csv"},
          {"check", "--network", "2-3tanh-2softmax", "mine.csv"},
          {"check", "--network", "2-3tanh-1", "numbers.csv"}}},
        {"page", {{"page", "-o", "out"}}},
        {"run", {{"run", "old.model", "-o", "out"}}}};
  }();
  return all;
}

/// Where a seed may be given, and no number is drawn.
const std::set<Words>& nothing_is_drawn() {
  static const std::set<Words> all{{"data", "xor"}, {"data", "gaussian"}};
  return all;
}

class IdleOptions : public CliTest {
 protected:
  IdleOptions() {
    std::string classes = "a,b,label\n", numbers = "a,b,target\n";
    for (int k = 0; k < 24; ++k) {
      const double a = k * 7 % 12 / 4.0, b = k * 5 % 11 / 4.0;
      classes += std::to_string(a) + "," + std::to_string(b) + (a + b > 2.5 ? ",yes\n" : ",no\n");
      numbers += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(a * b - 0.3) + "\n";
    }
    write("mine.csv", classes);
    write("numbers.csv", numbers);
    write("wide.csv", "a,b,label\n9,-9,yes\n0.5,8,no\n");
    for (const char* model : {"old", "other"})
      run({"train", "mine.csv", "--network", "2-3tanh-2softmax", "--epochs", "3", "-q", "--seed",
           model == std::string("old") ? "0" : "1", "-o", std::string(model) + ".model"});
    run({"train", "circles:samples=20", "--network", "2-3tanh-2softmax", "--epochs", "3", "-q", "-o", "circles.model"});
    run({"export", "old.model", "--for", "torch", "-q", "-o", "old.safetensors"});
    run({"export", "old.model", "-q", "-o", "kept.onnx"});
    lay_page();
  }

  /// What a command gives: its words as JSON, without the time that it took, and the files that it wrote.
  struct Given {
    int status;
    std::string what;
    std::string err;
  };
  Given given(Words words) const {
    std::filesystem::remove_all(path("out"));
    for (const char* other : {"out.svg", "out.onnx", "out.h", "out.safetensors"}) std::filesystem::remove(path(other));
    words.push_back("--json");
    // A sweep's pictures take their time, and show the same numbers; no browser is to be opened.
    const Outcome outcome = run(words, words[0] == "sweep" || words[0] == "page" ? Words{"PATH=nowhere"} : Words{});
    json said = json::parse(outcome.out, nullptr, false);
    if (said.is_object())
      for (const char* key : {"seconds", "threads", "source"}) said.erase(key);
    if (words[0] == "export") said.clear();  // it repeats the options: the file must show them
    std::string what = said.is_discarded() ? outcome.out : said.dump();
    if (std::filesystem::is_regular_file(path("out"))) what += written(words[0]);
    for (const char* other : {"out.svg", "out.onnx", "out.h", "out.safetensors"})
      if (std::filesystem::is_regular_file(path(other))) what += read(other);
    if (exists("out/results.csv")) what += read("out/results.csv").substr(0, 4000);
    return {outcome.status, what, outcome.err};
  }
  /// A model remembers the words of its training; its numbers are what counts.
  std::string written(const std::string& command) const {
    if (command != "train" && command != "run") return read("out");
    json shown = json::parse(run({"show", "out", "--weights", "--json"}).out);
    shown.erase("experiment");
    return shown.dump();
  }

  /// Whether the option changes anything in this context, or is refused.
  bool is_heard(const Words& context, const std::string& name, const json& option) {
    if (context != context_) {
      context_ = context;
      before_ = given(context);
    }
    const Given& before = before_;
    EXPECT_LE(before.status, 1) << context[0] << before.err;
    const bool flag = option["role"] == "flag";
    const Words tried = flag ? Words{""} : values().contains(name) ? values().at(name) : Words{};
    EXPECT_FALSE(tried.empty()) << name << " has no values to be tried with";
    for (const std::string& value : tried) {
      Words words = context;
      const auto there = std::find(words.begin(), words.end(), name);
      if (there != words.end()) words.erase(there, there + (flag ? 1 : 2));
      words.push_back(name);
      if (!flag) words.push_back(value);
      const Given after = given(words);
      const bool refused_otherwise = after.status != 0 && after.err != before.err;
      if (after.status == 2 || after.status != before.status || after.what != before.what || refused_otherwise)
        return true;
    }
    return false;
  }

  Words context_;  // the last one
  Given before_{};
};

TEST_F(IdleOptions, EachChangesTheResultOrIsRefused) {
  const json table = json::parse(run({"--options"}).out);
  for (const json& command : table) {
    const std::string called = command["command"];
    std::vector<Words> tried;
    if (called.starts_with("data ")) {
      const std::string kind = called.substr(5);
      tried = {{"data", kind}};
      if (kind != "iris" && kind != "digits") tried.push_back({"data", kind, "--noise", "0.3"});
      if (kind == "blobs") tried = {{"data", kind}, {"data", kind, "--centers", "0,0;1,1"}};
    } else if (contexts().contains(called)) {
      tried = contexts().at(called);
    }
    for (const Words& context : tried) {
      std::string line;
      for (const std::string& word : context) line += " " + word;
      for (const json& option : command["options"]) {
        const std::string name = option["name"];
        const std::string role = option["role"];
        if (option["positional"] || role == "output" || role == "folder" || exceptions().contains(name)) continue;
        if (name == "--seed" && nothing_is_drawn().contains(context)) continue;
        EXPECT_TRUE(is_heard(context, name, option)) << name << " is ignored in" << line;
      }
    }
  }
}

TEST_F(IdleOptions, ARefusalSaysWhy) {
  const Words train{"train", "mine.csv", "--network", "2-3tanh-2softmax", "-o", "m"};
  const auto with = [&](const Words& more) {
    Words words = train;
    words.insert(words.end(), more.begin(), more.end());
    return refusal(words, 2);
  };
  EXPECT_EQ(with({"--patience", "3"}),
            "--patience has no effect here: no metric stops training early (early-stopping)");
  EXPECT_EQ(with({"--optimizer", "lbfgs", "--batch", "4"}),
            "--batch has no effect here: lbfgs takes all samples at once");
  EXPECT_EQ(with({"--updates", "4", "--epochs", "4"}), "--epochs has no effect here: updates says how long to train");
  EXPECT_EQ(refusal({"check", "old.model", "mine.csv", "--loss", "mse"}, 2),
            "--loss has no effect here: the model says what it was trained with");
  EXPECT_EQ(refusal({"predict", "old.model", "circles", "--target", "label"}, 2),
            "--target has no effect here: circles is no file");
}

}  // namespace
}  // namespace gradus
