// SPDX-License-Identifier: MIT
#include "gradus/lab/data/source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "gradus/data/makers.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/real.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

/// The text with a caret under the character that a text is refused at, and the message.
std::string refusal(const std::string& text) {
  try {
    make_dataset(text);
  } catch (const ParseError& error) {
    return error.pointer();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "made";
}

TEST(Source, MakesWhatTheOptionsMake) {
  RandomState random(7);
  EXPECT_EQ(make_dataset("circles:samples=51,noise=0.2,factor=0.4,seed=7"),
            make_circles({.samples = 51, .noise = 0.2, .factor = 0.4}, random));
  random.seed(0);
  EXPECT_EQ(make_dataset("moons"), make_moons({}, random));
  random.seed(3);
  EXPECT_EQ(make_dataset("blobs:centers=[0,0;3,3],cluster-std=[1,2],samples=[5,6],no-shuffle,seed=3"),
            make_blobs(
                {.samples = {5, 6}, .centers = Matrix<double>{{0, 0}, {3, 3}}, .cluster_std = {1, 2}, .shuffle = false},
                random));
  random.seed(4294967295u);
  EXPECT_EQ(make_dataset("blobs:features=3,center-box=[-1,1],centers=5,seed=4294967295"),
            make_blobs({.features = 3, .centers = 5, .center_box = std::array{-1., 1.}}, random));
  random.seed(0);
  EXPECT_EQ(make_dataset("spirals:arms=3,turns=-1,samples=[1,2,3]"),
            make_spirals({.samples = {1, 2, 3}, .arms = 3, .turns = -1}, random));
  random.seed(0);
  EXPECT_EQ(make_dataset("xor:samples=8,noise=0.1"), make_xor({.samples = 8, .noise = 0.1}, random));
  EXPECT_EQ(make_dataset("gaussian:range=[0,1]"), make_gaussian({.range = {0, 1}}, random));
  EXPECT_EQ(make_dataset("iris"), load_iris());
  EXPECT_EQ(make_dataset("digits"), load_digits());
}

TEST(Source, MakesTheSameFromParametersAsTheCommandLineSpellsThem) {
  EXPECT_EQ(
      source_text("blobs", {{"centers", "0,0;3,3"}, {"cluster-std", "1,2"}, {"no-shuffle", ""}, {"samples", "7"}}),
      "blobs:centers=[0,0;3,3],cluster-std=[1,2],no-shuffle,samples=7");
  EXPECT_EQ(source_text("moons", {}), "moons");
  EXPECT_EQ(make_dataset("blobs", {{"centers", "0,0;3,3"}, {"no-shuffle", "true"}}),
            make_dataset("blobs:no-shuffle,centers=[0,0;3,3]"));
  EXPECT_EQ(make_dataset("moons", {{"no-shuffle", "false"}}), make_dataset("moons"));
  EXPECT_THROW(make_dataset("mons", {}), ValueError);
  EXPECT_THROW(make_dataset("moons", {{"factor", "0.4"}}), ParseError);
  EXPECT_THROW(make_dataset("moons", {{"noise", "0.2,factor=0.4"}}), ParseError);
}

/// Values for each parameter of a maker, none of them its fallback.
const std::map<std::string, std::vector<std::string>>& values() {
  static const std::map<std::string, std::vector<std::string>> all{
      {"samples", {"7", "9"}},    {"features", {"3", "4"}},      {"centers", {"2", "0,0;1,1;2,0"}},
      {"noise", {"0.1", "0.2"}},  {"cluster-std", {"0.5", "2"}}, {"center-box", {"0,1", "2,3"}},
      {"factor", {"0.3", "0.6"}}, {"arms", {"3", "4"}},          {"turns", {"0.5", "1"}},
      {"range", {"0,1", "-1,1"}}, {"seed", {"5", "6"}},          {"no-shuffle", {""}}};
  return all;
}

/// Nothing where the maker refuses them.
std::optional<Dataset> made(const MakerSpec& maker, const Parameters& parameters) {
  try {
    return make_dataset(maker.name, parameters);
  } catch (const ValueError&) {
    return std::nullopt;
  }
}

/// Whether a maker draws: else its stream is the same whatever its seed, and nobody asks.
bool draws(const MakerSpec& maker, const Parameters& given) {
  const auto has = [&](std::string_view name) {
    return std::any_of(maker.parameters.begin(), maker.parameters.end(), [&](auto& p) { return p.name == name; });
  };
  const bool shuffles = has("no-shuffle") && !given.contains("no-shuffle");
  return has("cluster-std") || given.contains("noise") || shuffles;
}

TEST(Source, EveryParameterChangesTheDataOrIsRefusedBesideEveryOther) {
  int refused = 0;
  for (const MakerSpec& maker : makers()) {
    std::vector<Parameters> contexts{{}};
    for (const ParameterSpec& parameter : maker.parameters)
      for (const std::string& value : values().at(std::string(parameter.name)))
        contexts.push_back({{std::string(parameter.name), value}});
    for (const Parameters& context : contexts) {
      const std::optional<Dataset> before = made(maker, context);
      ASSERT_TRUE(before) << source_text(maker.name, context);
      for (const ParameterSpec& parameter : maker.parameters) {
        const std::string name(parameter.name);
        if (context.contains(name) || (name == "seed" && !draws(maker, context))) continue;
        for (const std::string& value : values().at(name)) {
          Parameters given = context;
          given[name] = value;
          EXPECT_NE(made(maker, given), before) << source_text(maker.name, given);
          refused += !made(maker, given);
        }
      }
    }
  }
  EXPECT_EQ(refused, 8);  // features and the box beside given centres, either of which may be the context
}

TEST(Source, SaysWhyAParameterOfBlobsIsIdle) {
  EXPECT_EQ(refusal("blobs:features=2,centers=[0,0;3,3]"),
            "[blobs] expected no features beside given centers, which bring their own");
  EXPECT_EQ(refusal("blobs:centers=[0,0;3,3],center-box=[-10,10]"),
            "[blobs] expected no center box beside given centers, which are not drawn");
}

TEST(Source, DescribesEveryParameterThatItReads) {
  std::set<std::string_view> names;
  for (const MakerSpec& maker : makers()) {
    names.insert(maker.name);
    EXPECT_FALSE(maker.help.empty());
    EXPECT_EQ(maker.parameters.back().name, "seed");
    std::string defaults(maker.name);
    for (const ParameterSpec& parameter : maker.parameters) {
      EXPECT_FALSE(parameter.help.empty()) << parameter.name;
      if (parameter.fallback.empty()) continue;
      defaults.append(defaults == maker.name ? ":" : ",").append(parameter.name).append("=").append(parameter.fallback);
    }
    EXPECT_EQ(make_dataset(defaults), make_dataset(std::string(maker.name))) << defaults;
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"blobs", "moons", "circles", "spirals", "xor", "gaussian"}));
}

TEST(Source, PointsAtTheCharacterThatIsWrong) {
  EXPECT_EQ(refusal("mons:noise=1"), "mons:noise=1\n^");
  EXPECT_EQ(refusal("moons:nose=1"), "moons:nose=1\n      ^");
  EXPECT_EQ(refusal("moons:noise=0.1,noise=0.2"), "moons:noise=0.1,noise=0.2\n                ^");
  EXPECT_EQ(refusal("moons:noise=0.1x"), "moons:noise=0.1x\n            ^");
  EXPECT_EQ(refusal("moons:noise="), "moons:noise=\n            ^");
  EXPECT_EQ(refusal("moons:noise"), "moons:noise\n           ^");
  EXPECT_EQ(refusal("moons:"), "moons:\n      ^");
  EXPECT_EQ(refusal("moons:samples=1.5"), "moons:samples=1.5\n              ^");
  EXPECT_EQ(refusal("moons:samples=[5,x]"), "moons:samples=[5,x]\n                 ^");
  EXPECT_EQ(refusal("moons:samples=[5,6"), "moons:samples=[5,6\n                  ^");
  EXPECT_EQ(refusal("moons:samples=5]"), "moons:samples=5]\n               ^");
  EXPECT_EQ(refusal("moons:samples=[[5]]"), "moons:samples=[[5]]\n              ^");
  EXPECT_EQ(refusal("blobs:centers=[0,0;3]"), "blobs:centers=[0,0;3]\n                   ^");
  EXPECT_EQ(refusal("blobs:center-box=3"), "blobs:center-box=3\n                 ^");
  EXPECT_EQ(refusal("blobs:no-shuffle=1"), "blobs:no-shuffle=1\n                 ^");
  EXPECT_EQ(refusal("moons:seed=4294967296"), "moons:seed=4294967296\n           ^");
  EXPECT_EQ(refusal("moons:samples=99999999999999999999"), "moons:samples=99999999999999999999\n              ^");
  EXPECT_EQ(refusal("moons:noise=nan"), "moons:noise=nan\n            ^");
  EXPECT_EQ(refusal(""), "\n^");
  EXPECT_EQ(refusal("circles:factor=2"), "[circles] expected 0 <= factor < 1, got 2");
}

TEST(Source, TakesASwitchWithTrueAndFalseAndAListForItself) {
  EXPECT_EQ(make_dataset("moons:no-shuffle=true"), make_dataset("moons:no-shuffle"));
  EXPECT_EQ(make_dataset("moons:no-shuffle=false"), make_dataset("moons"));
  EXPECT_EQ(refusal("moons:no-shuffle="), "moons:no-shuffle=\n                 ^");
  EXPECT_EQ(refusal("moons:seed=-1"), "moons:seed=-1\n           ^");
  EXPECT_EQ(refusal("blobs:centers=[0,0;3,3"), "blobs:centers=[0,0;3,3\n                      ^");
  EXPECT_EQ(refusal("blobs:centers=[0,0]x"), "blobs:centers=[0,0]x\n              ^");
  EXPECT_EQ(refusal("blobs:center-box=[1,2,3]"), "blobs:center-box=[1,2,3]\n                 ^");
  EXPECT_EQ(source_text("blobs", {{"centers", "[0,0;3,3]"}, {"samples", "5,6"}}),
            "blobs:centers=[0,0;3,3],samples=[5,6]");
}

TEST(Source, ListsTheKnownNames) {
  try {
    make_dataset("moons:nose=1");
    ADD_FAILURE() << "made";
  } catch (const ParseError& error) {
    EXPECT_STREQ(
        error.what(),
        "data 'moons:nose=1', character 7: moons has no parameter 'nose'; it has samples, noise, no-shuffle, seed");
  }
  try {
    load_data("mons");
    ADD_FAILURE() << "made";
  } catch (const FileError& error) {
    EXPECT_STREQ(
        error.what(),
        "mons: no such file, nor data of that name, did you mean moons? (known: iris, digits, blobs, moons, circles, "
        "spirals, xor, gaussian)");
  }
}

TEST(Source, WritesAFileByItsEnding) {
  const std::string stem = ::testing::TempDir() + "gradus_source_written_" + std::to_string(::getpid());
  const Dataset moons = make_dataset("moons:samples=20,noise=0.1");
  for (const std::string ending : {".csv", ".npy"}) {
    save_data(moons, stem + ending);
    const Dataset again = load_data(stem + ending);
    EXPECT_EQ(again.x, moons.x) << ending;
    EXPECT_EQ(again.labels, moons.labels) << ending;
    std::filesystem::remove(stem + ending);
  }
  EXPECT_THROW(save_data(moons, stem + ".npz"), FileError);
  EXPECT_FALSE(std::filesystem::exists(stem + ".npz"));
  EXPECT_THROW(load_data(stem + ".npz"), FileError);
}

TEST(Source, ReadsAFileByItsEnding) {
  const std::string path = ::testing::TempDir() + "gradus_source_read_" + std::to_string(::getpid()) + ".csv";
  write_csv(load_iris(), path);
  EXPECT_TRUE(is_file(path));
  EXPECT_EQ(load_data(path), load_iris());
  std::filesystem::remove(path);
  EXPECT_EQ(load_data(GRADUS_FIXTURES "/matrix_f8.npy").x.rows(), 2);
  EXPECT_THROW(load_data("./iris"), FileError);
  for (const std::string text : {"iris", "digits", "moons", "moons:noise=1", "mons:noise=1", ""})
    EXPECT_FALSE(is_file(text)) << text;
  for (const std::string text : {"iris.csv", "./iris", "a/b:c", "mons"}) EXPECT_TRUE(is_file(text)) << text;
}

TEST(Source, ReadsAFileWithoutAnEndingWhereItIsThere) {
  const std::string folder = ::testing::TempDir() + "gradus_source_plain_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  EXPECT_THROW(load_data("plain"), FileError);
  write_csv(load_iris(), "plain");
  EXPECT_EQ(load_data("plain"), load_iris());
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

TEST(Source, BearsAnyPrefixOfAText) {
  const std::string text = "blobs:samples=[5,6],centers=[0,0;3,3],cluster-std=[1,2],no-shuffle,seed=3";
  std::string prefix;
  for (const char c : text) {
    EXPECT_FALSE(refusal(prefix).empty());
    prefix += c;
  }
  EXPECT_EQ(refusal(text), "made");
}

TEST(RealSets, AreWhatTheirSourcesSay) {
  const Dataset iris = load_iris();
  EXPECT_EQ(iris.class_names, (std::vector<std::string>{"setosa", "versicolor", "virginica"}));
  EXPECT_EQ(iris.feature_names, (std::vector<std::string>{"sepal length (cm)", "sepal width (cm)", "petal length (cm)",
                                                          "petal width (cm)"}));
  for (Index i = 0; i < 150; ++i) EXPECT_EQ(iris.labels[static_cast<std::size_t>(i)], i / 50);
  EXPECT_EQ(iris.x(34, 3), 0.2);  // Fisher's paper; the UCI file has 0.1
  EXPECT_EQ(iris.x(37, 1), 3.6);  // and 3.1
  EXPECT_EQ(iris.x(149, 0), 5.9);
  const Dataset digits = load_digits();
  EXPECT_EQ(digits.x.rows(), 1797);
  EXPECT_EQ(digits.x.cols(), 64);
  EXPECT_EQ(digits.class_names, (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  double ink = 0;
  for (const double value : digits.x.values()) {
    EXPECT_TRUE(value >= 0 && value <= 16);
    ink += value;
  }
  EXPECT_EQ(ink, 561718);  // scikit-learn's load_digits().data.sum()
}

}  // namespace
}  // namespace gradus
