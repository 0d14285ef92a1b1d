// SPDX-License-Identifier: MIT
// No command loses a file: each input and each output of each command, as the program lists them itself.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/cli_test.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Words = std::vector<std::string>;

/// A command line that works, with {NAME} for the value of each input and output that it has.
struct Example {
  Words words;
  std::map<std::string, std::string> values;  ///< by the option's name
};

const std::map<std::string, Example>& examples() {
  static const std::map<std::string, Example> all{
      {"study", {{"study", "fitting", "--out", "{--out}"}, {{"--out", "report"}}}},
      {"train",
       {{"train", "{DATA}", "--from", "{--from}", "--network", "2-3tanh-2softmax", "--epochs", "2", "--test",
         "{--test}", "-o", "{--output}", "--save-experiment", "{--save-experiment}", "--figures", "{--figures}"},
        {{"DATA", "mine.csv"},
         {"--from", "old.model"},
         {"--test", "more.csv"},
         {"--output", "m.model"},
         {"--save-experiment", "m.toml"},
         {"--figures", "pictures"}}}},
      {"sweep",
       {{"sweep", "{DATA}", "--from", "{--from}", "--network", "2-3tanh-2softmax", "--lr", "0.1,0.2", "--epochs", "2",
         "--test", "{--test}", "-o", "{--output}"},
        {{"DATA", "mine.csv"}, {"--from", "old.model"}, {"--test", "more.csv"}, {"--output", "s"}}}},
      {"validate",
       {{"validate", "{DATA}", "--from", "{--from}", "--network", "2-3tanh-2softmax", "--epochs", "2", "--folds", "2"},
        {{"DATA", "mine.csv"}, {"--from", "old.model"}}}},
      {"predict",
       {{"predict", "{MODEL}", "{DATA}", "-o", "{--output}"},
        {{"MODEL", "old.model"}, {"DATA", "mine.csv"}, {"--output", "p.csv"}}}},
      {"plot",
       {{"plot", "{MODEL}", "{DATA}", "-o", "{--output}"},
        {{"MODEL", "old.model"}, {"DATA", "mine.csv"}, {"--output", "p.svg"}}}},
      {"show", {{"show", "{MODEL}"}, {{"MODEL", "old.model"}}}},
      {"compare", {{"compare", "{MODEL}", "-o", "{--output}"}, {{"MODEL", "old.model"}, {"--output", "c.csv"}}}},
      {"importance",
       {{"importance", "{MODEL}", "{DATA}", "-o", "{--output}"},
        {{"MODEL", "old.model"}, {"DATA", "mine.csv"}, {"--output", "i.svg"}}}},
      {"export",
       {{"export", "{MODEL}", "--precision", "int8", "--calibrate", "{--calibrate}", "-o", "{--output}"},
        {{"MODEL", "old.model"}, {"--calibrate", "mine.csv"}, {"--output", "old.h"}}}},
      {"import",
       {{"import", "{FILE}", "--network", "2-3tanh-2softmax", "-o", "{--output}"},
        {{"FILE", "old.safetensors"}, {"--output", "m.model"}}}},
      {"check",
       {{"check", "old.model", "{MODEL DATA}", "--figure", "{--figure}"},
        {{"MODEL DATA", "mine.csv"}, {"--figure", "f.svg"}, {"--gradient", "own.csv"}}}},
      {"explain",
       {{"explain", "{MODEL}", "{DATA}", "-o", "{--output}"},
        {{"MODEL", "old.model"}, {"DATA", "mine.csv"}, {"--output", "e.md"}}}},
      {"quiz", {{"quiz", "{DATA}", "--answer", "sign:loss"}, {{"DATA", "mine.csv"}}}},
      {"page", {{"page", "-o", "{--output}"}, {{"--output", "g.html"}}}},
      {"run",
       {{"run", "{EXPERIMENT}", "-o", "{--output}", "--figures", "{--figures}"},
        {{"EXPERIMENT", "old.model"}, {"--output", "m.model"}, {"--figures", "pictures"}}}},
      // What these write lies in the folder of a run, and is the run's.
      {"resume", {{"resume", "kept"}, {}}},
      {"rewind", {{"rewind", "kept", "--to", "1"}, {}}},
      {"branch", {{"branch", "kept", "--from", "0", "-o", "branched"}, {}}}};
  return all;
}

class Safe : public CliTest {
 protected:
  Safe() {
    // Three samples of each class, of a person's own.
    const std::string rows = "1,2,a\n2,1,b\n0,1,a\n2,3,b\n-1,0,a\n3,3,b\n";
    write("mine.csv", "x,y,label\n" + rows);
    write("more.csv", "x,y,label\n" + rows + "5,5,b\n");
    EXPECT_EQ(run({"train", "mine.csv", "--network", "2-3tanh-2softmax", "--epochs", "2", "-q", "-o", "old.model",
                   "--run", "kept"})
                  .status,
              0);
    EXPECT_EQ(run({"export", "old.model", "--for", "torch", "-q", "-o", "old.safetensors"}).status, 0);
    write("own.csv", "0.5\n");
    lay_page();
    table_ = json::parse(run({"--options"}).out);
  }

  static Words filled(const Example& example, const std::map<std::string, std::string>& other = {}) {
    Words words = example.words;
    for (std::string& word : words) {
      if (word.size() < 3 || word.front() != '{' || word.back() != '}') continue;
      const std::string name = word.substr(1, word.size() - 2);
      if (const auto value = other.find(name); value != other.end())
        word = value->second;
      else if (const auto own = example.values.find(name); own != example.values.end())
        word = own->second;
    }
    return words;
  }

  /// The example of a command; of the kinds of `data`, which have no input, one is made.
  static Example example_of(const std::string& command) {
    if (command.starts_with("data ")) return {{"data", command.substr(5), "-o", "{--output}"}, {{"--output", "d.csv"}}};
    return examples().at(command);
  }

  /// Calls f(command, option, role) for each option of each command that can run.
  template <class F>
  void each_option(F f) const {
    for (const json& command : table_)
      if (command["command"] != "data")
        for (const json& option : command["options"]) f(command["command"].get<std::string>(), option);
  }
  static std::string role(const json& option) { return option["role"].is_null() ? "none" : option["role"]; }
  static bool is_input(const json& option) { return role(option) == "input" || role(option) == "data"; }
  static bool is_output(const json& option) { return role(option) == "output" || role(option) == "folder"; }

  /// The files that an output option writes, of a value.
  static Words files_of(const json& option, const std::string& value) {
    if (role(option) == "output") return {value};
    Words files;
    for (const auto& [name, kind] : option["writes"].items()) files.push_back(value + "/" + name);
    return files;
  }

  /// The same format as a model's, without what makes it one.
  std::string weights_of_another_program() const {
    std::string bytes = read("old.model");
    const std::string own = "gradus.version";
    return bytes.replace(bytes.find(own), own.size(), "others.version");
  }

  void expect_refused(const Words& words, const std::string& file, const std::string& bytes) const {
    const Outcome outcome = run(words);
    std::string line;
    for (const std::string& word : words) line += " " + word;
    EXPECT_NE(outcome.status, 0) << line;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << line << "\n" << outcome.err;
    EXPECT_EQ(read(file), bytes) << line;
  }

  json table_;
};

TEST_F(Safe, EveryOptionSaysWhatItHolds) {
  each_option([&](const std::string& command, const json& option) {
    EXPECT_NE(role(option), "none") << command << " " << option["name"] << ": declare it by what it holds";
    if (!is_input(option) && !is_output(option)) return;
    const Example example = example_of(command);
    EXPECT_TRUE(example.values.contains(option["name"])) << command << " " << option["name"] << " has no example";
  });
}

TEST_F(Safe, NoOutputIsAnInputHoweverItIsSpelt) {
  fs::create_directory(path("sub"));
  each_option([&](const std::string& command, const json& output) {
    if (!is_output(output)) return;
    const Example example = example_of(command);
    each_option([&](const std::string& other, const json& input) {
      if (other != command || !is_input(input)) return;
      const std::string file = example.values.at(input["name"]);
      const std::string bytes = read(file);
      const auto with = [&](const std::string& from, const std::string& to) {
        expect_refused(filled(example, {{input["name"], from}, {output["name"], to}}), file, bytes);
      };
      const std::string folder = role(output) == "folder" ? output["writes"].begin().key() : "";
      if (folder.empty()) {
        fs::remove(path("link"));
        fs::remove(path("hard"));
        fs::create_symlink(file, path("link"));
        fs::create_hard_link(path(file), path("hard"));
        for (const std::string& spelt :
             {file, "./" + file, "sub/../" + file, path(file), std::string("link"), std::string("hard")}) {
          with(file, spelt);
          with(spelt, file);
        }
      } else {
        fs::create_directories(path("in/" + folder).substr(0, path("in/" + folder).rfind('/')));
        fs::copy_file(path(file), path("in/" + folder), fs::copy_options::overwrite_existing);
        expect_refused(filled(example, {{input["name"], "in/" + folder}, {output["name"], "in"}}), "in/" + folder,
                       bytes);
        Words forced = filled(example, {{input["name"], "in/" + folder}, {output["name"], "in"}});
        forced.push_back("--force");
        expect_refused(forced, "in/" + folder, bytes);
        fs::remove_all(path("in"));
      }
    });
  });
}

TEST_F(Safe, ForceDoesNotLetAnOutputReplaceAnInput) {
  expect_refused({"train", "mine.csv", "--network", "2-3tanh-2softmax", "-o", "mine.csv", "--force"}, "mine.csv",
                 read("mine.csv"));
}

TEST_F(Safe, AGradientOnTrialIsNotReplacedByItsFigure) {
  expect_refused({"check", "old.model", "mine.csv", "--gradient", "own.csv", "--figure", "./own.csv", "--force"},
                 "own.csv", read("own.csv"));
}

TEST_F(Safe, NoTwoOutputsAreOne) {
  each_option([&](const std::string& command, const json& one) {
    each_option([&](const std::string& other, const json& two) {
      if (other != command || !is_output(one) || !is_output(two) || one["name"] == two["name"]) return;
      if (role(one) == "folder") return;  // two names of the folder's are told apart by the other order
      const std::string value = role(two) == "folder" ? "both/" + two["writes"].begin().key() : "both";
      const std::string of_two = role(two) == "folder" ? "both" : "./both";
      const Outcome outcome = run(filled(example_of(command), {{one["name"], value}, {two["name"], of_two}}));
      EXPECT_NE(outcome.status, 0) << command << " " << one["name"] << " " << two["name"];
      EXPECT_FALSE(exists(value)) << command;
    });
  });
}

TEST_F(Safe, WhatNoSuchCommandMadeIsReplacedByForceOnly) {
  const std::string notes = "day,price\n1,20.5\n2,21\n";
  each_option([&](const std::string& command, const json& output) {
    if (!is_output(output) || command == "study") return;
    const Example example = example_of(command);
    for (const std::string& file : files_of(output, example.values.at(output["name"]))) {
      SCOPED_TRACE(command + ": " + file);
      fs::create_directories(fs::path(path(file)).parent_path());
      for (const std::string& bytes : {notes, read("mine.csv"), weights_of_another_program()}) {
        write(file, bytes);
        expect_refused(filled(example), file, bytes);
      }
      Words forced = filled(example);
      forced.push_back("--force");
      const Outcome outcome = run(forced);
      // Results of a sweep are read before they are replaced: what is none is refused in any case.
      if (!file.ends_with("results.csv")) {
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_TRUE(!exists(file) || !read(file).starts_with("day,")) << "still there";
      }
      fs::remove(path(file));
    }
  });
}

TEST_F(Safe, WhatTheSameCommandMadeAndWhatIsEmptyIsReplaced) {
  std::string last;
  each_option([&](const std::string& command, const json&) {
    if (command == last || command == "study") return;
    if (command == "branch" || command == "quiz") return;  // which replaces nothing; whose answer here is wrong
    last = command;
    for (int time = 0; time < 2; ++time) {
      const Outcome outcome = run(filled(example_of(command)));
      EXPECT_EQ(outcome.status, 0) << command << ": " << outcome.err;
    }
  });
  write("empty", "");
  EXPECT_EQ(run({"predict", "old.model", "mine.csv", "-o", "empty", "-q"}).status, 0);
  for (const char* ending : {"png", "pdf", "svg"})
    for (int time = 0; time < 2; ++time)
      EXPECT_EQ(run({"plot", "old.model", "mine.csv", "-q", "-o", std::string("p.") + ending}).status, 0) << ending;
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(run({"data", "moons", "-q", "-o", "d.npy"}).status, 0);
    EXPECT_EQ(run({"data", "gaussian", "--noise", "0.1", "-q", "-o", "g.csv"}).status, 0);
  }
}

TEST_F(Safe, DataThatAnotherProgramWroteIsNotTakenForOurs) {
  for (const std::string csv : {"x0,x1,label\n1,2,0\n3,4,1\n", "x0,x1,label\n0.5,0.25,0\n0.125,1,1\n",
                                "x0,x1,label\n0.1,0.2,0\n0.3,0.4,1\n", "y\n1.5\n2.5\n", "label\n"}) {
    write("theirs.csv", csv);
    expect_refused({"data", "moons", "-o", "theirs.csv"}, "theirs.csv", csv);
    expect_refused({"predict", "old.model", "mine.csv", "-o", "theirs.csv"}, "theirs.csv", csv);
  }
  fs::copy_file(fs::path(GRADUS_FIXTURES) / "matrix_f8.npy", path("theirs.npy"));
  expect_refused({"data", "moons", "-o", "theirs.npy"}, "theirs.npy", read("theirs.npy"));
}

TEST_F(Safe, AnExperimentsOwnFilesAreHeldToTheSame) {
  const auto experiment = [&](const std::string& data, const std::string& model, const std::string& figure) {
    write("e.toml", "[data]\nsource = \"" + data + "\"\n[network]\nlayers = \"2-3tanh-2softmax\"\n[training]\n" +
                        "epochs = 2\n[output]\nmodel = \"" + model + "\"\n[[figure]]\nkind = \"loss\"\nfile = \"" +
                        figure + "\"\n");
  };
  experiment("mine.csv", "mine.csv", "f.svg");
  expect_refused({"run", "e.toml"}, "mine.csv", read("mine.csv"));
  experiment("mine.csv", "e.toml", "f.svg");
  expect_refused({"run", "e.toml"}, "e.toml", read("e.toml"));
  experiment("mine.csv", "f.svg", "f.svg");
  EXPECT_EQ(run({"run", "e.toml"}).status, 2);
  experiment("mine.csv", "m.model", "f.svg");
  write("f.svg", "<svg>drawn by hand</svg>");
  expect_refused({"run", "e.toml"}, "f.svg", "<svg>drawn by hand</svg>");
  EXPECT_EQ(run({"run", "e.toml", "-q", "--force"}).status, 0);
  EXPECT_EQ(run({"run", "e.toml", "-q"}).status, 0);
}

TEST_F(Safe, ALimitOnTheSizeOfFilesIsAnErrorAndNoSignal) {
  const std::string command = "cd " + path("") + " && ulimit -f 1 && " + std::string(GRADUS_CLI) +
                              " data moons --samples 9999 -o big.csv 2> stderr";
  const int status = std::system(("bash -c '" + command + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_EQ(read("stderr"), "gradus: big.csv: cannot write: File too large\n");
  EXPECT_FALSE(exists("big.csv"));
  for (const auto& entry : fs::directory_iterator(path("")))
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
}

TEST_F(Safe, NamesOutOfFilesMoveNoCursor) {
  const std::string evil = "\"\x1B[2Jred\nThe gradient is right.\xC2\x9B\"";
  write("evil.csv", evil + ",y,label\n1,2,a\x1B[31m\n2,1,b\n0,1,a\x1B[31m\n2,3,b\n");
  const auto harmless = [&](const Words& words) {
    const Outcome outcome = run(words);
    for (const std::string& text : {outcome.out, outcome.err})
      for (const char* bad : {"\x1B", "\xC2\x9B", "\nThe gradient is right."})
        EXPECT_EQ(text.find(bad), std::string::npos) << words[0] << ": " << text;
  };
  const Words train{"train", "evil.csv", "--network", "2-2softmax", "--epochs", "2", "-o", "evil.model"};
  harmless(train);
  harmless({"show", "evil.model"});
  harmless({"check", "evil.model", "evil.csv", "-q"});
  harmless({"train", "evil.csv", "--network", "3-2softmax", "-o", "m"});
  harmless({"train", "\x1B[2J.csv", "--network", "3-2softmax", "-o", "m"});
  harmless({"train", "evil.csv", "--network", "\x1B[2J", "-o", "m"});
}

TEST_F(Safe, DevicesAndPipesAreNoFilesToLose) {
  EXPECT_EQ(run({"data", "iris", "-o", "/dev/null"}).status, 0);
  const std::string words = std::string(GRADUS_CLI) + " predict " + path("old.model") + " /dev/stdin -q -o /dev/stdout";
  EXPECT_EQ(std::system(("cat " + path("mine.csv") + " | " + words + " | cat > " + path("p.csv")).c_str()), 0);
  EXPECT_TRUE(read("p.csv").starts_with("class,p_a,p_b\n")) << read("p.csv");
  EXPECT_NE(std::system((std::string(GRADUS_CLI) + " predict " + path("old.model") + " /dev/stdin -q -o " +
                         path("mine.csv") + " < " + path("mine.csv") + " 2> " + path("stderr"))
                            .c_str()),
            0)
      << "the file behind /dev/stdin is a file that is read";
}

}  // namespace
}  // namespace gradus
