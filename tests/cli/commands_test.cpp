// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "gradus/core/sha256.hpp"
#include "gradus/core/version.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "tests/cli/cli_test.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

using Cli = CliTest;
using nlohmann::json;

TEST_F(Cli, KnowsItsVersion) {
  const std::string version(gradus::version());
  EXPECT_EQ(run({"--version"}).out, "gradus " + version + "\n");
  const std::string project = read_file(GRADUS_SOURCE_DIR "/CMakeLists.txt");
  EXPECT_NE(project.find("VERSION " + version), std::string::npos);
}

TEST_F(Cli, ThePageThatCameWithTheProgramIsWritten) {
  lay_page();
  const Outcome written = run({"page", "-o", "g.html"});
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(read("g.html"), read("installed.html"));
  EXPECT_EQ(run({"page"}).status, 2) << "nobody says where to";
  EXPECT_EQ(refusal({"page", "-o", "installed.html.d/g.html"}, 1).find("installed.html.d"), 0U);
  const Outcome shown = run({"page", "-o", "g.html", "--open"}, {"PATH=nowhere"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_NE(shown.err.find("open it by hand"), std::string::npos) << shown.err;
  std::filesystem::create_directories(path("bin"));
  write("bin/xdg-open", "#!/bin/sh\necho \"$1\" >opened\n");
  std::filesystem::permissions(path("bin/xdg-open"), std::filesystem::perms::owner_all);
  EXPECT_EQ(run({"page", "-o", "g.html", "--open"}, {"PATH=" + path("bin") + ":/bin:/usr/bin"}).status, 0);
  EXPECT_EQ(read("opened"), "g.html\n");
  write("installed.html", "something else");
  EXPECT_NE(refusal({"page", "-o", "h.html"}, 1).find("expected the page of Gradus"), std::string::npos);
  EXPECT_FALSE(exists("h.html"));
  EXPECT_NE(run({"page", "-o", "h.html"}, {"GRADUS_PAGE=gone.html"}).err.find("gone.html"), std::string::npos);
}

TEST_F(Cli, HelpsWithAnExampleForEveryCommand) {
  for (const std::string command : {"data", "train", "validate", "predict", "plot", "importance", "show", "compare",
                                    "check", "explain", "quiz", "run", "sweep", "page"}) {
    const Outcome outcome = run({command, "--help"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
    for (const std::string& part :
         {"Usage: gradus " + command, "Example:\n  gradus " + command, std::string("--json"), std::string("--quiet")})
      EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " in\n" << outcome.out;
  }
  for (const MakerSpec& maker : makers()) {
    const Outcome outcome = run({"data", std::string(maker.name), "--help"});
    for (const ParameterSpec& parameter : maker.parameters)
      EXPECT_NE(outcome.out.find("--" + std::string(parameter.name)), std::string::npos) << parameter.name;
  }
}

TEST_F(Cli, MakesTheDataThatTheLibraryMakes) {
  const Outcome outcome = run({"data", "blobs", "--samples", "20", "--centers", "0,0;3,4", "--cluster-std", "1,0.5",
                               "--seed", "7", "--no-shuffle"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, to_csv(load_data("blobs:samples=20,centers=[0,0;3,4],cluster-std=[1,0.5],seed=7,no-shuffle")));
  EXPECT_EQ(run({"data", "-o", "iris.csv", "iris", "-q"}).out, "");
  EXPECT_EQ(read("iris.csv"), to_csv(load_data("iris")));
  EXPECT_EQ(run({"data", "moons", "-o", "moons.npy", "-q"}).status, 0);
  EXPECT_EQ(load_data(path("moons.npy")).x, load_data("moons").x);
  EXPECT_EQ(json::parse(run({"data", "xor", "--json"}).out)["samples"], 4);
}

TEST_F(Cli, TrainsWithAPlantedFaultAndMarksTheModel) {
  const std::vector<std::string> words{"train", "moons:samples=40", "--network", "2-3tanh-2softmax", "--epochs",
                                       "5",     "--json",           "-o"};
  const auto train = [&](const std::string& model, const std::vector<std::string>& more) {
    std::vector<std::string> all = words;
    all.push_back(model);
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  };
  const json sound = json::parse(train("sound.model", {}).out);
  const json spoilt = json::parse(train("spoilt.model", {"--plant", "transpose"}).out);
  EXPECT_TRUE(sound["planted"].is_null());
  EXPECT_EQ(spoilt["planted"], "transpose:1.weights");
  EXPECT_NE(spoilt["parameters_sha256"], sound["parameters_sha256"]);
  EXPECT_NE(run({"show", "spoilt.model"}).out.find("plant = \"transpose:1.weights\""), std::string::npos);
  EXPECT_EQ(run({"run", "spoilt.model", "-q"}).status, 0);  // repeats itself to the last bit
  EXPECT_EQ(train("no.model", {"--plant", "unweighted"}).status, 1);
  EXPECT_EQ(train("no.model", {"--plant", "tarnspose"}).status, 2);
}

TEST_F(Cli, AsksForTheFaultThatHides) {
  const json asked = json::parse(run({"quiz", "--seed", "2", "--answer", "sign:loss", "--json"}).out);
  const std::string planted = asked["planted"];
  EXPECT_EQ(asked["right"], planted == "sign:loss");
  const Outcome right = run({"quiz", "--seed", "2", "--answer", planted});
  EXPECT_EQ(right.status, 0);
  EXPECT_NE(right.out.find("Which fault is it?"), std::string::npos) << right.out;
  EXPECT_NE(right.out.find("Right. That is it."), std::string::npos) << right.out;
  EXPECT_EQ(right.out.substr(0, right.out.find("Right.")).find(planted + "\n"), std::string::npos);
  const std::string other = planted.starts_with("missing-gradient") ? "sign:1.weights" : "missing-gradient:1.weights";
  const Outcome wrong = run({"quiz", "--seed", "2", "--answer", other});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.out.find("It was " + planted), std::string::npos) << wrong.out;
  EXPECT_EQ(run({"quiz", "--answer", "sign"}).status, 1);
}

TEST_F(Cli, WeighsSamplesAndClasses) {
  write("twice.csv", "x0,x1,label\n0,0,a\n0,1,b\n1,0,a\n1,0,a\n1,1,b\n1,1,b\n");
  write("weighed.csv", "x0,often,x1,label\n0,1,0,a\n0,1,1,b\n1,2,0,a\n1,2,1,b\n5,0,5,a\n");
  const auto loss_of = [&](const std::string& data, std::vector<std::string> more) {
    std::vector<std::string> words{"train", data,     "--network", "2-2softmax",   "--batch",
                                   "full",  "--json", "-o",        data + ".model"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return json::parse(outcome.out)["history"]["loss"].back().get<double>();
  };
  EXPECT_NEAR(loss_of("weighed.csv", {"--sample-weight", "often"}), loss_of("twice.csv", {}), 1e-12);
  EXPECT_EQ(run({"run", "weighed.csv.model", "-q"}).status, 0);
  EXPECT_EQ(run({"predict", "weighed.csv.model", "weighed.csv"}).status, 0);  // the column is no feature there either
  // Balanced counts samples, whatever their weights: 5 / (2 * 3) for a, 5 / (2 * 2) for b.
  const double by_hand =
      loss_of("weighed.csv", {"--sample-weight", "often", "--class-weight", "0.8333333333333334,1.25"});
  EXPECT_NEAR(loss_of("weighed.csv", {"--sample-weight", "often", "--class-weight", "balanced"}), by_hand, 1e-12);
  EXPECT_EQ(run({"check", "--network", "2-2softmax", "weighed.csv", "--sample-weight", "often", "-q"}).status, 0);
  EXPECT_EQ(run({"check", "--network", "2-2softmax", "weighed.csv", "--sample-weight", "often", "-q", "--plant",
                 "unweighted"})
                .status,
            1);
}

TEST_F(Cli, TakesTheColumnsOfAFileForTheStepsOfASequence) {
  write("s.csv", "a0,b0,a1,b1,a2,b2,label\n1,2,3,4,5,6,x\n2,1,0,1,2,3,y\n0,1,1,0,2,1,x\n-1,0,2,3,1,-2,y\n");
  write("new.csv", "a0,b0,a1,b1,a2,b2\n1,2,3,4,5,6\n");
  EXPECT_EQ(run({"train", "s.csv", "--network", "seq2-3gru-2softmax", "--epochs", "3", "--scale", "standard", "-q",
                 "-o", "s.model"})
                .status,
            0);
  for (const char* data : {"s.csv", "new.csv"}) EXPECT_EQ(run({"predict", "s.model", data}).status, 0) << data;
  EXPECT_EQ(run({"check", "s.model", "s.csv", "-q"}).status, 0);
  EXPECT_EQ(run({"show", "s.model"}).status, 0);
  EXPECT_EQ(run({"run", "s.model", "-q"}).status, 0);
  for (const char* unit : {"elman", "gru", "lstm"}) {
    const Outcome planted =
        run({"check", "--network", std::string("seq2-2") + unit + "-2softmax", "s.csv", "--plant", "all"});
    EXPECT_EQ(planted.status, 0) << planted.out;
    EXPECT_NE(planted.out.find("off-by-one-in-time"), std::string::npos);
  }
  EXPECT_EQ(refusal({"check", "s.csv", "--network", "seq4-3gru-2softmax"}, 1),
            "network seq4-3gru-2softmax takes 4 inputs a time step, but s.csv has 6 features (a0, b0, a1, b1, ...); "
            "--features, --drop and --target choose columns");
}

TEST_F(Cli, RepeatsATrainingToTheLastBit) {
  train_circles();
  const Outcome again = run({"run", "c.model", "--json"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(json::parse(again.out)["repeated"]["equal"], true);
  EXPECT_EQ(run({"run", "c.model", "-q", "-o", "again.model"}).status, 0);
  EXPECT_EQ(read("again.model"), read("c.model"));
}

TEST_F(Cli, SavesAnExperimentThatGivesTheSameModel) {
  const Outcome outcome = run({"train",      "circles:samples=60,noise=0.1",
                               "--network",  "2-6tanh-2softmax",
                               "--epochs",   "4",
                               "--momentum", "0.5",
                               "--nesterov", "--scale",
                               "min-max",    "--batch",
                               "full",       "--seed",
                               "3",          "--precision",
                               "float32",    "--stratify",
                               "--test",     "0.25",
                               "--json",     "--save-experiment",
                               "c.toml",     "-o",
                               "c.model"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["updates"], 4);
  EXPECT_EQ(report["test"]["samples"], 15);
  const Experiment experiment = load_experiment(path("c.toml"));
  EXPECT_EQ(experiment.batch, 0);
  EXPECT_EQ(experiment.model, "c.model");
  EXPECT_EQ(std::get<Sgd>(experiment.optimizer), (Sgd{.learning_rate = 0.01, .momentum = 0.5, .nesterov = true}));
  const std::string first = read("c.model");
  std::filesystem::remove(path("c.model"));
  EXPECT_EQ(run({"run", "c.toml", "-q"}).status, 0);
  EXPECT_EQ(read("c.model"), first);
}

TEST_F(Cli, PredictsClassesAndProbabilitiesAndScoresWhatHasLabels) {
  train_circles();
  ASSERT_EQ(run({"data", "circles", "--samples", "9", "--seed", "5", "-q", "-o", "new.csv"}).status, 0);
  const Outcome outcome = run({"predict", "c.model", "new.csv"});
  EXPECT_TRUE(outcome.err.starts_with("9 samples  accuracy ")) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("class,p_0,p_1\n")) << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 10);
  const json report = json::parse(run({"predict", "c.model", "new.csv", "--json", "-q"}).out);
  const Matrix<double> p = load_model(path("c.model")).predict(load_data(path("new.csv")).x);
  for (Index i = 0; i < 9; ++i)
    EXPECT_EQ(report["predictions"][static_cast<std::size_t>(i)]["outputs"][1], p(i, 1)) << "no bit is lost";
  write("features.csv", "x0,x1\n0.5,0.25\n");
  const Outcome unlabelled = run({"predict", "c.model", "features.csv"});
  EXPECT_EQ(unlabelled.status, 0) << unlabelled.err;
  EXPECT_EQ(unlabelled.err, "");
}

TEST_F(Cli, PredictsARegression) {
  ASSERT_EQ(run({"train", "gaussian:samples=40", "--network", "1-3sigmoid-1", "--epochs", "3", "-q", "-o", "g"}).status,
            0);
  const Outcome outcome = run({"predict", "g", "gaussian:samples=5"});
  EXPECT_TRUE(outcome.out.starts_with("y\n")) << outcome.out;
  EXPECT_NE(outcome.err.find("R2"), std::string::npos) << outcome.err;
  write("x.csv", "x\n1\n2\n");
  EXPECT_EQ(run({"predict", "g", "x.csv"}).status, 0);
  write("xy.csv", "x,y\n1,0\n2,1\n");
  EXPECT_EQ(run({"predict", "g", "xy.csv"}).status, 0) << "whole targets are still no classes";
}

TEST_F(Cli, ShowsLayersTrainingAndWeights) {
  train_circles();
  const std::string text = run({"show", "c.model", "--weights"}).out;
  for (const char* part : {"2-6tanh-2softmax", "layer 1 (dense)", "in all", "32", "cross-entropy",
                           "learning_rate = 0.1", "layer 2 weights, 6 x 2"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  const json report = json::parse(run({"show", "c.model", "--weights", "--json"}).out);
  EXPECT_EQ(report["parameters"], 32);
  EXPECT_EQ(report["weights"]["layer 1 weights"][1][5], load_model(path("c.model")).theta[11]);
}

TEST_F(Cli, ShowOpensWithWhatTheModelIsForAndHowGoodItIs) {
  ASSERT_EQ(run({"train", "iris", "--network", "4-3softmax", "--epochs", "3", "--test", "0.2", "-q", "-o", "m"}).status,
            0);
  const Outcome trained =
      run({"train", "iris", "--network", "4-3softmax", "--epochs", "3", "--test", "0.2", "--json", "-o", "again"});
  const std::string text = run({"show", "m"}).out;
  EXPECT_TRUE(text.starts_with("model      3 classes (setosa, versicolor, virginica) from 4 features (")) << text;
  EXPECT_NE(text.find("\nscores     accuracy 0."), std::string::npos) << text;
  EXPECT_NE(text.find(" on 30 samples that it did not learn from\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" on 120 samples that it learned from\n"), std::string::npos) << text;
  const json shown = json::parse(run({"show", "m", "--json"}).out);
  const json report = json::parse(trained.out);
  EXPECT_EQ(shown["record"]["test"], report["test"]);
  EXPECT_EQ(shown["record"]["train"], report["train"]);
  EXPECT_EQ(shown["record"]["history"], report["history"]);
  EXPECT_EQ(shown["record"]["diagnosis"], report["diagnosis"]);
  for (const json& word : report["diagnosis"])
    EXPECT_NE(text.find("\nnote       " + word.get<std::string>()), std::string::npos) << text;
  EXPECT_EQ(read("m"), read("again")) << "the same training, the same file";
}

TEST_F(Cli, ValidatesByFolds) {
  const json report = json::parse(run({"validate", "iris", "--network", "4-3softmax", "--scale", "standard", "--lr",
                                       "0.5", "--epochs", "10", "--folds", "3", "--repeats", "2", "--json"})
                                      .out);
  EXPECT_EQ(report["made"], 6);
  EXPECT_EQ(report["scores"]["accuracy"]["values"].size(), 6u);
  EXPECT_GT(report["scores"]["accuracy"]["mean"], 0.85);
  EXPECT_LT(report["scores"]["accuracy"]["interval"][0], report["scores"]["accuracy"]["mean"]);
  const std::string text = run({"validate", "iris", "--network", "4-3softmax", "--epochs", "2", "--folds", "3"}).out;
  EXPECT_NE(text.find("150 samples in 3 folds"), std::string::npos) << text;
  EXPECT_NE(text.find("3 of them together in banks"), std::string::npos) << text;
  EXPECT_EQ(run({"validate", "iris", "--network", "4-3softmax", "--test", "0.2"}).status, 2) << "the folds hold out";
  EXPECT_NE(refusal({"validate", "xor", "--network", "2-2softmax", "--folds", "5"}, 1).find("folds"),
            std::string::npos);
  EXPECT_EQ(
      run({"validate", "iris", "--network", "4-3softmax", "--epochs", "2", "--early-stopping", "test-loss"}).status, 1);
}

TEST_F(Cli, ComparesModelsAndRuns) {
  const std::vector<std::string> train{
      "train", "moons:samples=60,noise=0.1", "--network", "2-5tanh-2softmax", "--epochs", "4", "--test", "0.25", "-q"};
  const auto trained = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = train;
    words.insert(words.end(), more.begin(), more.end());
    ASSERT_EQ(run(words).status, 0);
  };
  trained({"-o", "slow.model"});
  trained({"--lr", "0.5", "--run", "fast"});
  const Outcome outcome = run({"compare", "slow.model", "fast", "-o", "both.html"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const char* part : {"slow.model", "fast", "optimizer.learning_rate", "0.5", "accuracy", "15 test samples",
                           "distance from the first"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " in\n" << outcome.out;
  EXPECT_EQ(outcome.out.find("training.batch"), std::string::npos) << "what all share is left out\n" << outcome.out;
  EXPECT_NE(read("both.html").find("<svg"), std::string::npos);
  const json report = json::parse(run({"compare", "slow.model", "fast", "--json"}).out);
  EXPECT_EQ(report["differences"]["optimizer.learning_rate"][1], "0.5");
  EXPECT_GT(report["distances"][0][1], 0);
  EXPECT_EQ(report["same_test"], true);
  EXPECT_EQ(run({"compare", "slow.model", "fast", "-q", "-o", "both.csv"}).status, 0);
  EXPECT_TRUE(read("both.csv").starts_with("name,"));
  EXPECT_EQ(refusal({"compare", "slow.model", "-o", "both.txt"}, 2),
            "--output: expected a name that ends in .html, .csv, .svg, .png or .pdf, got 'both.txt'");
}

TEST_F(Cli, GoesOnFromAModelWithLayersFrozen) {
  train_circles();
  const auto weights = [&](const std::string& model) {
    return json::parse(run({"show", model, "--weights", "--json"}).out)["weights"];
  };
  ASSERT_EQ(run({"train", "circles:samples=80,noise=0.1,seed=9", "--from", "c.model", "--freeze", "1", "--weight-decay",
                 "0.1", "--epochs", "3", "-q", "-o", "tuned.model"})
                .status,
            0);
  const json before = weights("c.model"), after = weights("tuned.model");
  EXPECT_EQ(before["layer 1 weights"], after["layer 1 weights"]);
  EXPECT_EQ(before["layer 1 bias"], after["layer 1 bias"]);
  EXPECT_NE(before["layer 2 weights"], after["layer 2 weights"]);
  EXPECT_EQ(run({"run", "tuned.model", "-q"}).status, 0) << "it is repeated to the last bit";
  EXPECT_EQ(refusal({"train", "circles", "--from", "c.model", "--scale", "standard", "-o", "m"}, 2),
            "--scale has no effect here: the model 'c.model' brings its own");
  EXPECT_EQ(refusal({"train", "circles", "--from", "c.model", "--freeze", "1,2", "-o", "m"}, 1),
            "[fit] expected a layer that learns, got all frozen");
}

TEST_F(Cli, TellsWhichFeaturesAModelLooksAt) {
  std::string table = "noise,signal,label\n";
  for (int i = 0; i < 60; ++i)
    table += std::to_string(i * 37 % 11) + "," + std::to_string(i % 2 == 0 ? i % 7 : 10 + i % 7) + "," +
             (i % 2 == 0 ? "low" : "high") + "\n";
  write("table.csv", table);
  ASSERT_EQ(run({"train", "table.csv", "--network", "2-2softmax", "--scale", "standard", "--lr", "0.5", "--epochs",
                 "40", "-q", "-o", "m"})
                .status,
            0);
  const json report = json::parse(run({"importance", "m", "table.csv", "--json"}).out);
  EXPECT_EQ(report["score"], "accuracy");
  EXPECT_EQ(report["features"][0]["name"], "noise");
  EXPECT_GT(report["features"][1]["mean"], 0.3);
  EXPECT_LT(report["features"][0]["mean"], 0.1);
  EXPECT_GT(report["features"][1]["saliency"], 5 * report["features"][0]["saliency"].get<double>());
  const std::string text = run({"importance", "m", "table.csv", "-o", "i.svg"}).out;
  EXPECT_LT(text.find("\nsignal"), text.find("\nnoise")) << "the largest first\n" << text;
  EXPECT_TRUE(exists("i.svg"));
}

TEST_F(Cli, DrawsHowFarAnswersAreRight) {
  train_circles();
  for (const char* kind : {"roc", "precision-recall", "calibration", "confusion", "loss", "accuracy"})
    EXPECT_EQ(run({"plot", "c.model", "circles", "--kind", kind, "-q", "-o", std::string(kind) + ".svg"}).status, 0)
        << kind;
  ASSERT_EQ(run({"train", "gaussian:samples=40", "--network", "1-3tanh-1", "--epochs", "3", "-q", "-o", "g"}).status,
            0);
  for (const char* kind : {"predicted", "residuals"})
    EXPECT_EQ(run({"plot", "g", "gaussian:samples=30", "--kind", kind, "-q", "-o", std::string(kind) + ".svg"}).status,
              0)
        << kind;
  EXPECT_NE(run({"plot", "g", "gaussian:samples=30", "--kind", "roc", "-o", "r.svg"}).status, 0);
}

// The hash that names the parameters is the last line of training and stands in what show prints, text and JSON.
TEST_F(Cli, NamesTheParametersByTheirHash) {
  const std::vector<std::string> words = {"train",    "xor", "--network", "2-3tanh-2softmax", "--precision", "float32",
                                          "--epochs", "3",   "-o",        "x.model"};
  const Outcome trained = run(words);
  const Model model = load_model(path("x.model"));
  const std::vector<float> theta(model.theta.begin(), model.theta.end());
  const std::string hash = sha256(std::span<const float>(theta));
  EXPECT_TRUE(trained.out.ends_with("\nparameters  sha256 " + hash + "\n")) << trained.out;
  EXPECT_NE(run({"show", "x.model"}).out.find("parameters  sha256 " + hash + "\n"), std::string::npos);
  EXPECT_EQ(json::parse(run({"show", "x.model", "--json"}).out)["parameters_sha256"], hash);
  std::vector<std::string> as_json = words;
  as_json.insert(as_json.end(), {"--json", "--seed", "1"});
  const Outcome other = run(as_json);
  EXPECT_EQ(json::parse(other.out)["parameters_sha256"], parameters_sha256(load_model(path("x.model"))));
  EXPECT_NE(json::parse(other.out)["parameters_sha256"], hash) << "another seed, other parameters";
}

TEST_F(Cli, ChecksTheGradientOfAModelAndOfANetwork) {
  train_circles();
  EXPECT_NE(run({"check", "c.model", "circles"}).out.find("The gradient is right."), std::string::npos);
  const json report =
      json::parse(run({"check", "--network", "4-3tanh-3softmax", "iris", "--samples", "7", "--json"}).out);
  EXPECT_EQ(report["passed"], true);
  EXPECT_EQ(report["samples"], 7);
  EXPECT_EQ(report["blocks"].size(), 4u);
  EXPECT_EQ(run({"check", "c.model", "circles", "-q"}).out, "");
}

TEST_F(Cli, SaysSoWhereNothingOfAGradientCanBeProven) {
  write("zeros.csv", "a,b,label\n0,0,0\n0,0,1\n0,0,0\n0,0,1\n");
  // No input, no bias, no gradient: a planted fault would look the same, in every mode.
  for (const std::vector<std::string>& mode : {std::vector<std::string>{}, {"--fast"}, {"--taylor"}}) {
    std::vector<std::string> words{"check", "--network", "2-16relu-2softmax", "zeros.csv"};
    words.insert(words.end(), mode.begin(), mode.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 3) << outcome.out;
    EXPECT_EQ(outcome.out.find("is right"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("Nothing could be proven here."), std::string::npos) << outcome.out;
    words.emplace_back("--json");
    const json report = json::parse(run(words).out);
    EXPECT_EQ(report["verdict"], "unproven");
    EXPECT_EQ(report["passed"], false);
  }
  const json all =
      json::parse(run({"check", "--network", "2-3relu-2softmax", "zeros.csv", "--plant", "all", "--json"}).out);
  EXPECT_FALSE(all["hidden"].empty());
  for (const json& fault : all["faults"]) EXPECT_EQ(fault["caught"], true) << fault;
}

TEST_F(Cli, DrawsTheFigureThatFits) {
  train_circles();
  const Outcome outcome = run({"plot", "c.model", "circles:samples=20", "-o", "c.svg", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["kind"], "regions");
  EXPECT_NE(read("c.svg").find("<svg"), std::string::npos);
  EXPECT_EQ(run({"plot", "c.model", "circles", "--kind", "confusion", "-o", "m.svg", "-q"}).status, 0);
  EXPECT_EQ(run({"run", "c.model", "-q", "--figures", "pictures"}).status, 0);
  for (const char* file : {"pictures/loss.svg", "pictures/accuracy.svg", "pictures/regions.svg"})
    EXPECT_TRUE(exists(file)) << file;
}

TEST_F(Cli, IsTheSameUnderAGermanLocale) {
  const std::vector<std::string> words{
      "train",  "circles:samples=60,noise=0.1", "--network", "2-6tanh-2softmax", "--lr", "0.25", "--epochs", "3", "-o",
      "c.model"};
  const auto results = [](const std::string& text) { return text.substr(std::min(text.find("loss"), text.size())); };
  const Outcome plain = run(words, {"LC_ALL=C"});
  const std::string model = read("c.model");
  const Outcome german = run(words, {"LC_ALL=de_DE.UTF-8"});
  EXPECT_EQ(german.status, 0) << german.err;
  EXPECT_NE(results(plain.out), "");
  EXPECT_EQ(results(german.out), results(plain.out));
  EXPECT_EQ(read("c.model"), model);
  const std::vector<std::string> show{"show", "c.model", "--weights"};
  EXPECT_EQ(run(show, {"LC_ALL=de_DE.UTF-8"}).out, run(show, {"LC_ALL=C"}).out);
}

TEST_F(Cli, CtrlCKeepsWhatWasLearned) {
  const pid_t child = start({"train", "iris", "--network", "4-5tanh-3softmax", "--epochs", "2000000000", "--batch", "1",
                             "--min-change", "0", "-o", "i.model"});
  // Training starts within milliseconds; the longer wait is for a machine under load.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ::kill(child, SIGINT);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("interrupted after "), std::string::npos) << outcome.err;
  const Model model = load_model(path("i.model"));
  EXPECT_TRUE(model.interrupted);
  EXPECT_GT(parse_experiment(model.experiment, "i.model").updates, 0) << "run MODEL repeats just these";
}

TEST_F(Cli, QuotesWhatACsvFileWouldMisread) {
  const std::vector<std::string> names{"a,b", "say \"c\"", "plain"};
  std::string csv = "x,y,\"the \"\"label\"\"\"\n";
  for (int i = 0; i < 12; ++i)
    csv += std::to_string(i % 3) + ',' + std::to_string(i % 2) +
           (i % 3 == 0   ? ",\"a,b\"\n"
            : i % 3 == 1 ? ",\"say \"\"c\"\"\"\n"
                         : ",plain\n");
  write("odd.csv", csv);
  const Outcome trained = run(
      {"train", "odd.csv", "--network", "2-8tanh-3softmax", "--lr", "0.5", "--epochs", "300", "-q", "-o", "odd.model"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome outcome = run({"predict", "odd.model", "odd.csv", "-q", "-o", "answers.csv"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  TableOptions options;
  options.target = "class";
  const Dataset answers = load_data(path("answers.csv"), options);
  EXPECT_EQ(std::set<std::string>(answers.class_names.begin(), answers.class_names.end()),
            std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(answers.feature_names, (std::vector<std::string>{"p_a,b", "p_plain", "p_say \"c\""}));
}

TEST_F(Cli, PredictsInTheArithmeticThatIsAskedFor) {
  train_circles();
  const auto outputs = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"predict", "c.model", "circles:samples=9,noise=0.1,factor=0.4"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  };
  const std::set<std::string> all{outputs({}), outputs({"--arithmetic", "fused"}), outputs({"--arithmetic", "plain"})};
  EXPECT_EQ(all.size(), 3U) << "alike to rounding only";
  EXPECT_TRUE(all.contains(outputs({"--arithmetic", "auto"})));
  EXPECT_EQ(refusal({"predict", "c.model", "xor", "--arithmetic", "exact"}, 2),
            "--arithmetic: expected auto, fused or plain, got 'exact'");
}

TEST_F(Cli, PredictsInFloat32ARowWhateverTheRowsAroundIt) {
  train_circles();
  write("ten.csv", "a,b\n0.1,0.2\n-1,0.5\n0.3,-0.7\n2,1\n0,0\n0.25,0.125\n1,1\n-0.5,0.5\n3,-3\n0.7,0.9\n");
  write("one.csv", "a,b\n0.1,0.2\n");
  std::set<std::string> answers;
  for (const char* arithmetic : {"", "plain", "fused"})
    for (const char* precision : {"float32", "float64"}) {
      const auto outputs = [&](const std::string& data) {
        std::vector<std::string> words{"predict", "c.model", data, "--precision", precision};
        if (*arithmetic) words.insert(words.end(), {"--arithmetic", arithmetic});
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.out;
      };
      const std::string many = outputs("ten.csv"), one = outputs("one.csv");
      EXPECT_TRUE(many.starts_with(one)) << arithmetic << " " << precision << many << one;
      answers.insert(many);
    }
  EXPECT_EQ(answers.size(), 6U) << "alike to rounding only";
  EXPECT_EQ(refusal({"predict", "c.model", "ten.csv", "--precision", "float16"}, 2),
            "--precision: expected float32 or float64, got 'float16'");
}

TEST_F(Cli, TheExperimentRecordsItsArithmetic) {
  const auto recorded = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"train", "xor", "--network", "2-2tanh-1sigmoid", "--epochs",
                                   "2",     "-q",  "-o",        "x.model"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return parse_experiment(load_model(path("x.model")).experiment, "x").arithmetic;
  };
  EXPECT_EQ(recorded({}), engine::resolved(Arithmetic::automatic));
  EXPECT_EQ(recorded({"--arithmetic", "auto"}), engine::resolved(Arithmetic::automatic));
  EXPECT_EQ(recorded({"--arithmetic", "fused"}), Arithmetic::fused);
  EXPECT_EQ(recorded({"--arithmetic", "plain"}), Arithmetic::plain);
  EXPECT_EQ(recorded({"--engine", "definition"}), Arithmetic::automatic);
  EXPECT_EQ(refusal({"train", "xor", "--network", "2-1sigmoid", "--engine", "definition", "--arithmetic", "plain", "-o",
                     "y.model"},
                    2),
            "--arithmetic has no effect here: the definition has an arithmetic of its own");
}

}  // namespace
}  // namespace gradus
