// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/experiment.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "gradus/lab/experiment/keys.hpp"

namespace gradus {
namespace {

const std::string kSmallest = "[data]\nsource = \"iris\"\n[network]\nlayers = \"4-3softmax\"\n";

std::string message_of(const std::string& toml) {
  try {
    parse_experiment(toml, "run.toml");
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

Experiment unusual_experiment() {
  Experiment e;
  e.seed = 4294967295u;
  e.precision = Precision::float32;
  e.data = "a \"quoted\\folder\"/ü\tdata.csv";
  e.target = "species\nname";
  e.task = TableOptions::Task::classification;
  e.test = 0.1 + 0.2;
  e.stratify = true;
  e.scale = Scaler::Kind::min_max;
  e.fingerprint = "fnv1a64:0123456789abcdef";
  e.network = "4-7relu:nobias-3softmax";
  e.init = "uniform:0.25:biases-first";
  e.loss = "cross-entropy";
  e.reduction = Reduction::sum;
  e.optimizer = Sgd{.learning_rate = 1.0 / 3, .momentum = 1e-300, .nesterov = true};
  e.epochs = 0;
  e.updates = 1234567890123;
  e.batch = 0;
  e.order = Order::draws;
  e.min_change = 5e-324;
  e.record_every = 10;
  e.test_every = 20;
  e.model = "iris.gradus";
  e.figures = {{"loss", "loss.svg"}, {"regions", "a \"b\".png"}};
  return e;
}

TEST(Experiment, SurvivesItsOwnToml) {
  for (const Experiment& e : {unusual_experiment(), parse_experiment(kSmallest, "run.toml")}) {
    const std::string toml = to_toml(e);
    EXPECT_EQ(parse_experiment(toml, "run.toml"), e) << toml;
    EXPECT_EQ(to_toml(parse_experiment(toml, "run.toml")), toml);
  }
}

TEST(Experiment, TestsOnOtherDataWhereTestIsAText) {
  Experiment e =
      parse_experiment("[data]\nsource = \"a.csv\"\ntest = \"b.csv\"\n[network]\nlayers = \"2-1\"\n", "run.toml");
  EXPECT_EQ(e.test_data, "b.csv");
  EXPECT_EQ(e.test, 0);
  EXPECT_EQ(parse_experiment(to_toml(e), "again.toml"), e);
}

TEST(Experiment, NamesTheLineOfAnUnknownKeyAndListsTheKnownOnes) {
  EXPECT_EQ(message_of(kSmallest + "[optimizer]\nlr = 0.1\n"),
            "run.toml:6: unknown key 'lr' in [optimizer] (known: method, learning_rate, momentum, nesterov, schedule)");
  EXPECT_EQ(message_of("sed = 1\n" + kSmallest),
            "run.toml:1: unknown key 'sed' (known: seed, precision, [data], [reading], [network], [loss], [optimizer], "
            "[regularisation], [early_stopping], [training], [start], [output], [[figure]])");
  EXPECT_EQ(message_of(kSmallest + "[[figure]]\nname = \"loss\"\n"),
            "run.toml:6: unknown key 'name' in [[figure]] (known: kind, file)");
}

TEST(Experiment, NamesTheLineOfAValueOutOfRangeOrOfAnotherType) {
  const auto training = [](const std::string& line) { return message_of(kSmallest + "[training]\n" + line + "\n"); };
  EXPECT_EQ(training("batch = 0"), "run.toml:6: training.batch: expected a whole number of at least 1, or full, got 0");
  EXPECT_EQ(training("batch = 'ful'"),
            "run.toml:6: training.batch: expected a whole number of at least 1, or full, got 'ful'");
  EXPECT_EQ(training("epochs = '100'"),
            "run.toml:6: training.epochs: expected a whole number of at least 0, got '100'");
  EXPECT_EQ(training("epochs = 1.5"), "run.toml:6: training.epochs: expected a whole number of at least 0, got 1.5");
  EXPECT_EQ(training("epochs = [1]"), "run.toml:6: training.epochs: expected a whole number of at least 0, got a list");
  EXPECT_EQ(training("order = 'given'"), "run.toml:6: training.order: expected shuffle or draws, got 'given'");
  EXPECT_EQ(training("min_change = nan"), "run.toml:6: training.min_change: expected a number of at least 0, got nan");
  EXPECT_EQ(message_of("seed = 4294967296\n" + kSmallest),
            "run.toml:1: seed: expected a whole number from 0 to 4294967295, got 4294967296");
  EXPECT_EQ(message_of("seed = -1\n" + kSmallest),
            "run.toml:1: seed: expected a whole number from 0 to 4294967295, got -1");
  EXPECT_EQ(message_of(kSmallest + "[optimizer]\nlearning_rate = 0\n"),
            "run.toml:6: optimizer.learning_rate: expected a number above 0, got 0");
  EXPECT_EQ(message_of(kSmallest + "[optimizer]\nnesterov = 1\n"),
            "run.toml:6: optimizer.nesterov: expected true or false, got 1");
  EXPECT_EQ(message_of("data = 1\n"), "run.toml:1: expected data to be a table, [data]");
  EXPECT_EQ(message_of(kSmallest + "[[figure]]\nkind = 'pie'\nfile = 'a.svg'\n"),
            "run.toml:5: figure.kind: expected one of loss, accuracy, regions, fit, confusion, roc, precision-recall, "
            "calibration, "
            "predicted, residuals, got 'pie'");
  EXPECT_EQ(message_of(kSmallest + "[[figure]]\nkind = 'loss'\nfile = 'a.gif'\n"),
            "run.toml:5: figure.file: expected a name that ends in .svg, .png or .pdf, got 'a.gif'");
}

TEST(Experiment, NamesTheLineOfAValueThatIsNone) {
  EXPECT_EQ(message_of("seed = {a = 1}\n" + kSmallest),
            "run.toml:1: seed: expected a whole number from 0 to 4294967295, got a table");
  EXPECT_EQ(message_of("seed = 2026-11-30\n" + kSmallest),
            "run.toml:1: seed: expected a whole number from 0 to 4294967295, got a date or time");
  EXPECT_EQ(message_of("figure = 1\n" + kSmallest),
            "run.toml:1: expected figures as tables, [[figure]] with kind and file");
  EXPECT_EQ(message_of(kSmallest + "[[figure]]\nkind = 1\n"), "run.toml:6: figure.kind: expected a text");
  EXPECT_EQ(message_of(kSmallest + "[[figure]]\nfile = 1\n"), "run.toml:6: figure.file: expected a text");
}

TEST(Experiment, PointsIntoTheNetworksText) {
  EXPECT_EQ(message_of("[data]\nsource = 'iris'\n[network]\nlayers = '4-0tanh-3softmax'\n"),
            "run.toml:4: network.layers: network '4-0tanh-3softmax', character 3: expected the layer's width to be at "
            "least 1, got 0");
}

TEST(Experiment, SaysWhatIsMissing) {
  EXPECT_EQ(message_of(""), "run.toml: expected the key data.source: what to train on");
  EXPECT_EQ(message_of("[data]\nsource = 'iris'\n"), "run.toml: expected the key network.layers: what to train");
}

TEST(Experiment, NamesTheLineThatIsNoToml) {
  EXPECT_TRUE(message_of("seed = 1\nseed = 2\n").starts_with("run.toml:2: no TOML: "))
      << message_of("seed = 1\nseed = 2\n");
  EXPECT_TRUE(message_of("\n\nseed 1\n").starts_with("run.toml:3: no TOML: ")) << message_of("\n\nseed 1\n");
  EXPECT_EQ(message_of("seed 1\n").find('\n'), std::string::npos);
}

// All of these are far from what the library of TOML cannot bear: the bound is what is tested, not the library.
TEST(Experiment, IsBoundInSizeAndInEveryKindOfNestingBeforeItIsParsed) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      parse_experiment(text, "e.toml");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto repeated = [](const std::string& part, int count) {
    std::string text;
    for (int k = 0; k < count; ++k) text += part;
    return text;
  };
  const std::string brackets = "expected at most 8 brackets within each other";
  const std::string dots = "expected at most 24 dots on a line";
  EXPECT_EQ(refusal("\n\na = " + repeated("[", 9)), "e.toml:3: " + brackets);
  EXPECT_EQ(refusal("a = " + repeated("{b = ", 9)), "e.toml:1: " + brackets);
  EXPECT_EQ(refusal("a = " + repeated("[{b = ", 5)), "e.toml:1: " + brackets);
  EXPECT_EQ(refusal(repeated("a.", 25) + "b = 1"), "e.toml:1: " + dots);
  EXPECT_EQ(refusal("[" + repeated("a.", 25) + "b]"), "e.toml:1: " + dots);
  EXPECT_EQ(refusal("a = {" + repeated("b.", 25) + "c = 1}"), "e.toml:1: " + dots);
  EXPECT_EQ(refusal("a = [\"\"\"x\"\"\"\"\", " + repeated("[", 9)), "e.toml:1: " + brackets) << "behind five quotes";
  EXPECT_EQ(refusal("a = [\"\"\"x\"\"\"\"\"\"\", " + repeated("[", 9)), "e.toml:1: " + brackets)
      << "and a text of its own";
  EXPECT_EQ(refusal("a = \"\"\"x\"\"\""), "e.toml:1: unknown key 'a'" + refusal("a = 1").substr(25)) << "at its end";
  EXPECT_EQ(refusal("a = [\"\"\"x\"\"\"\", " + repeated("[", 9)), "e.toml:1: " + brackets) << "behind four quotes";
  EXPECT_EQ(refusal("a = 'x' # '\nb = " + repeated("[", 9)), "e.toml:2: " + brackets) << "behind a comment's quote";
  EXPECT_EQ(refusal("a = \"\\\"\"\nb = " + repeated("[", 9)), "e.toml:2: " + brackets) << "behind an escaped quote";
  EXPECT_EQ(refusal("a = '''\n" + repeated("[", 9) + "'''\n").find(brackets), std::string::npos) << "in a text";
  EXPECT_EQ(refusal("# " + repeated("[.", 30) + "\na = 1").find(brackets), std::string::npos) << "in a comment";
  EXPECT_EQ(refusal("# " + repeated("[.", 30)), "e.toml: expected the key data.source: what to train on");
  EXPECT_EQ(refusal("a = \"\"\"\n\n\"\"\"\nb = " + repeated("[", 9)), "e.toml:4: " + brackets)
      << "behind lines of text";
  EXPECT_EQ(refusal("a = \"x\nb = " + repeated("[", 9)), "e.toml:2: " + brackets) << "behind a text without an end";
  EXPECT_EQ(refusal("a = '\\'\nb = " + repeated("[", 9)), "e.toml:2: " + brackets) << "where nothing is escaped";
  for (const char* open : {"a = 'x", "a = \"x\\", "a = '''x\n", "a = \"\"\"x\"\""})
    EXPECT_NE(refusal(open).find(": no TOML: "), std::string::npos) << open;
  EXPECT_TRUE(refusal("a = [1, 2]\nb = {c.d = 1}\n").starts_with("e.toml:1: unknown key 'a'")) << "closed again";
  EXPECT_EQ(refusal(std::string((1 << 20) + 1, '#')),
            "e.toml: expected an experiment of at most 1048576 bytes, got 1048577");
  for (const std::string& text : {repeated("x", 100'000) + " = 1", "seed = '" + repeated("x", 100'000) + "'",
                                  "[network]\nlayers = '" + repeated("x", 100'000) + "'"})
    EXPECT_LT(refusal(text).size(), 1000u);
}

TEST(Experiment, EveryPrefixOfAFileIsReadOrRefusedInOneLine) {
  const std::string toml = to_toml(unusual_experiment());
  for (std::size_t length = 0; length < toml.size(); ++length)
    EXPECT_EQ(message_of(toml.substr(0, length)).find('\n'), std::string::npos) << length;
}

TEST(Experiment, ChecksWhatIsSetInCode) {
  Experiment e = unusual_experiment();
  EXPECT_NO_THROW(check(e));
  std::get<Sgd>(e.optimizer).learning_rate = -1;
  try {
    check(e);
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "[experiment] optimizer.learning_rate: expected a number above 0, got -1");
  }
  e = unusual_experiment();
  e.data = "latin\xE9.csv";
  EXPECT_THROW(check(e), ValueError);
}

TEST(Experiment, TakesTheLossFromTheLastLayer) {
  Experiment e;
  const auto loss = [&](const char* network) { return std::string(loss_of(e, parse_network(network)).name()); };
  EXPECT_EQ(loss("2-3softmax"), "cross-entropy");
  EXPECT_EQ(loss("2-1sigmoid"), "binary-cross-entropy");
  EXPECT_EQ(loss("2-1step"), "perceptron");
  EXPECT_EQ(loss("2-1"), "mse");
  EXPECT_EQ(loss("2-1tanh"), "mse");
  e.loss = "mse";
  EXPECT_EQ(loss("2-3softmax"), "mse");
}

TEST(ExperimentKeys, HaveNamesAndFlagsOfTheirOwn) {
  for (const ExperimentKey& a : experiment_keys())
    for (const ExperimentKey& b : experiment_keys()) {
      if (&a == &b) continue;
      EXPECT_NE(a.path(), b.path());
      EXPECT_TRUE(a.flag.empty() || a.flag != b.flag) << a.flag;
    }
}

TEST(ExperimentFile, TheOptimizerIsReadBackWhateverTheOrderOfItsKeys) {
  for (const char* method : {"sgd", "adam", "adamw:decay=0.1", "rprop:up=1.3", "quickprop", "nadam:beta1=0.8"}) {
    Experiment e =
        parse_experiment(kSmallest + "[optimizer]\nlearning_rate = 0.5\nmethod = \"" + method + "\"\n", "run.toml");
    EXPECT_EQ(learning_rate(e.optimizer), 0.5) << method;
    EXPECT_EQ(parse_experiment(to_toml(e), "run.toml"), e) << method;
  }
  EXPECT_NE(message_of(kSmallest + "[optimizer]\nmethod = \"adan\"\n").find("did you mean adam?"), std::string::npos);
  EXPECT_EQ(
      message_of(kSmallest + "[optimizer]\nmomentum = 0.5\nmethod = \"adam\"\n"),
      "run.toml:6: momentum belongs to sgd, not to adam, whose own options follow its name, as in adam:beta1=0.9");
}

TEST(ExperimentFile, TrainingOptionsAreReadBack) {
  Experiment e = parse_experiment(kSmallest, "run.toml");
  e.schedule = CosineSchedule{.epochs = 50, .warm_up = 5};
  e.regularisation = {.l1 = 0.1, .l2 = 1e-300, .clip_value = 3, .clip_norm = 2, .weight_decay = 0.5, .max_norm = 4};
  e.early_stopping = {.metric = EarlyStopping::Metric::test_accuracy, .patience = 3, .min_delta = 0.25};
  EXPECT_EQ(parse_experiment(to_toml(e), "run.toml"), e);
  for (const char* method : {"lbfgs:memory=20", "cg", "lm:damping=1"}) {
    e.optimizer = parse_training_method(method);
    EXPECT_EQ(parse_experiment(to_toml(e), "run.toml"), e) << method;
  }
  EXPECT_EQ(message_of(kSmallest + "[optimizer]\nmethod = \"lm\"\nlearning_rate = 1\n"),
            "run.toml:7: lm finds its own steps and takes no learning rate");
}

TEST(ExperimentFile, WaysOfReadingATableAreReadBack) {
  const Experiment e = parse_experiment(
      kSmallest + "[reading]\nseparator = \"semicolon\"\ndecimal = \"comma\"\ncomment = \"%\"\nheader = false\n",
      "run.toml");
  EXPECT_EQ(e.reading.dialect.separator, ';');
  EXPECT_EQ(e.reading.dialect.decimal, ',');
  EXPECT_EQ(e.reading.dialect.comment, '%');
  EXPECT_EQ(e.reading.dialect.header, false);
  EXPECT_EQ(parse_experiment(to_toml(e), "run.toml"), e);
}

TEST(ExperimentFile, LossesKeepTheirOptions) {
  Experiment e = parse_experiment(kSmallest + "[loss]\nfunction = \"huber:delta=1.5\"\n", "run.toml");
  EXPECT_EQ(e.loss, "huber:delta=1.5");
  EXPECT_EQ(parse_experiment(to_toml(e), "run.toml"), e);
  EXPECT_NE(message_of(kSmallest + "[loss]\nfunction = \"hubr\"\n").find("did you mean huber?"), std::string::npos);
}

}  // namespace
}  // namespace gradus
