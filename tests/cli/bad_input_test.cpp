// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>

#include "tests/cli/cli_test.hpp"
#include "tests/paths.hpp"

namespace gradus {
namespace {

using BadInput = CliTest;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(BadInput, CommandsAndOptionsThatAreMisspeltAreGuessed) {
  EXPECT_EQ(refusal({"trian"}, 2), "unknown command 'trian', did you mean train?");
  EXPECT_TRUE(refusal({"frobnicate"}, 2).starts_with("unknown command 'frobnicate' (known: study, data, train, "));
  EXPECT_EQ(refusal({"train", "iris", "--netwrok", "4-3"}, 2),
            "unknown option --netwrok, did you mean --network? (see gradus train --help)");
  EXPECT_EQ(refusal({"data", "circels"}, 2), "unknown kind of data 'circels', did you mean circles?");
  EXPECT_EQ(refusal({"data", "moons", "--factor", "1"}, 2), "unknown option --factor (see gradus data moons --help)");
  EXPECT_EQ(refusal({"train", "-o", "m"}, 2), "DATA is required (see gradus train --help)");
}

TEST_F(BadInput, NetworkTextsArePointedAt) {
  const auto message = [&](const std::string& network, const std::string& pointer) {
    return pointed_refusal({"train", "iris", "--network", network, "-o", "m"}, 2, pointer);
  };
  EXPECT_TRUE(has(message("4-8tanhh-3softmax", "4-8tanhh-3softmax\n   ^\n"),
                  "unknown activation 'tanhh', did you mean tanh? (known: "));
  EXPECT_TRUE(has(message("4-0tanh-3softmax", "4-0tanh-3softmax\n  ^\n"), "at least 1, got 0"));
  EXPECT_TRUE(has(message("4-tanh-3softmax", "4-tanh-3softmax\n  ^\n"), "a whole number"));
}

TEST_F(BadInput, AWidthThatDoesNotMatchTheDataIsSaidWithBothWidths) {
  EXPECT_TRUE(refusal({"train", "iris", "--network", "2-16tanh-2softmax", "-o", "m"}, 1)
                  .starts_with("network 2-16tanh-2softmax takes 2 inputs, but iris has 4 features (sepal length"));
  EXPECT_EQ(refusal({"check", "--network", "2-2softmax", "blobs"}, 1),
            "network 2-2softmax has 2 outputs, but blobs has 3 classes (0, 1, 2)");
  train_circles();
  EXPECT_TRUE(refusal({"predict", "c.model", "iris"}, 1).starts_with("c.model takes 2 inputs, but iris has 4 feat"));
}

TEST_F(BadInput, OptionsOutOfRangeAreNamed) {
  const auto message = [&](const std::string& flag, const std::string& value) {
    return refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", flag, value}, 2);
  };
  EXPECT_EQ(message("--lr", "-1"), "--lr: expected a number above 0, got -1");
  EXPECT_EQ(message("--lr", "0,1"), "--lr: expected a number above 0, got '0,1'");
  EXPECT_EQ(message("--lr", "nan"), "--lr: expected a number above 0, got nan");
  EXPECT_EQ(message("--momentum", "1"), "--momentum: expected a number from 0 to below 1, got 1");
  EXPECT_EQ(message("--batch", "0"), "--batch: expected a whole number of at least 1, or full, got 0");
  EXPECT_EQ(message("--epochs", "1.5"), "--epochs: expected a whole number of at least 0, got 1.5");
  EXPECT_EQ(message("--seed", "4294967296"), "--seed: expected a whole number from 0 to 4294967295, got 4294967296");
}

TEST_F(BadInput, WhatCannotBeExportedIsNamedAndNothingIsWritten) {
  train_circles();
  for (const char* name : {"net", "net.c", "net.hh", "net.keras", "net.ONNX", "net.onnx.txt"})
    EXPECT_EQ(refusal({"export", "c.model", "-o", name}, 2),
              std::string("-o: expected the name of an ONNX file, NAME.onnx, of a header, NAME.h or NAME.hpp, or of "
                          "weights, NAME.safetensors, got '") +
                  name + "'");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--std", "c11"}, 2),
            "--std: expected c99 or c++17, got 'c11'");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--std", "c99"}, 2),
            "--std: is of a header, NAME.h or NAME.hpp");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--name", "a"}, 2),
            "--name: is of a header, NAME.h or NAME.hpp");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--opset", "18"}, 2),
            "--opset: is of ONNX, NAME.onnx; a header has no operators");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--for", "torch"}, 2),
            "--for: a header is for all; weights, NAME.safetensors, are for torch");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--name", "1x"}, 1),
            "[header] expected a name of letters, digits and underscores that begins with a letter, got '1x'");
  for (const char* opset : {"0", "16", "23", "4294967314"})
    EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--opset", opset}, 2),
              std::string("--opset: expected 17 to 22, got ") + opset);
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--precision", "float16"}, 2),
            "--precision: expected float32 or float64, or of a header q15 or int8, got 'float16'");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--precision", "int8", "--calibrate", "circles"}, 2),
            "--precision: int8 is of a header, NAME.h or NAME.hpp");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--precision", "q15"}, 2),
            "--calibrate: expected the data that integers are to hold, with --precision q15");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.h", "--calibrate", "circles"}, 2),
            "--calibrate: has no effect but with --precision q15 or int8");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.onnx", "--for", "torch"}, 2),
            "--for: an ONNX file is for all; weights, NAME.safetensors, are for torch");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.safetensors"}, 2),
            "--for: expected torch, whose names and layout the weights are to have");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.safetensors", "--for", "keras"}, 2),
            "--for: expected torch, got 'keras'");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.safetensors", "--for", "torch", "--opset", "18"}, 2),
            "--opset: is of ONNX, NAME.onnx; weights have no operators");
  EXPECT_EQ(refusal({"export", "c.model", "-o", "net.npz", "--for", "numpy"}, 2),
            "-o: arrays of NumPy are written in Python: gd.export_weights(model, FILE, target='numpy')");
  EXPECT_EQ(refusal({"import", "net.keras", "-o", "m.model"}, 2),
            "--from: keras is read in Python: gd.import_weights(FILE, source='keras')[0].save(MODEL)");
  EXPECT_EQ(refusal({"import", "net.bin", "--from", "npz", "--network", "2-2", "-o", "m.model"}, 2),
            "--from: npz is read in Python: gd.import_weights(FILE, source='npz')[0].save(MODEL)");
  EXPECT_EQ(
      refusal({"import", "net.bin", "--network", "2-2", "-o", "m.model"}, 2),
      "--from: expected onnx, torch, fann or rtneural, for the name 'net.bin' does not tell whose weights these are");
  EXPECT_EQ(refusal({"import", "net.bin", "--from", "jax", "--network", "2-2", "-o", "m.model"}, 2),
            "--from: expected auto, onnx, torch, fann or rtneural, got 'jax'");
  EXPECT_EQ(refusal({"import", "net.net", "--network", "2-2", "-o", "m.model"}, 2),
            "--network: the file says which network it is of");
  EXPECT_EQ(refusal({"import", "net.net", "--external-data", "-o", "m.model"}, 2),
            "--external-data: has an effect only with ONNX models");
  EXPECT_EQ(refusal({"import", "net.safetensors", "-o", "m.model"}, 2),
            "--network: expected the network whose weights these are, as 4-8tanh-3softmax");
  EXPECT_FALSE(std::filesystem::exists(path("net.onnx")));
  EXPECT_FALSE(std::filesystem::exists(path("net.h")));
}

TEST_F(BadInput, AMisspeltMethodIsAnsweredWithTheNearest) {
  const auto message = [&](const std::string& flag, const std::string& value) {
    return pointed_refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", flag, value}, 2, value + "\n^\n");
  };
  EXPECT_TRUE(has(message("--loss", "hing"), "unknown loss 'hing', did you mean hinge? (known: cross-entropy, "));
  EXPECT_TRUE(has(message("--optimizer", "adan"), "unknown optimizer 'adan', did you mean adam? (known: sgd, "));
  EXPECT_TRUE(has(message("--schedule", "cosin"), "unknown schedule 'cosin', did you mean cosine? (known: constant, "));
  EXPECT_TRUE(has(refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", "--early-stopping", "f1"}, 2),
                  "--early-stopping: expected none, loss, accuracy, test-loss or test-accuracy, got 'f1'"));
  EXPECT_TRUE(has(refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", "--early-stopping", "test-loss"}, 1),
                  "expected a test set"));
}

TEST_F(BadInput, MisspeltInitializersFaultsAndDataAreAnsweredWithTheNearest) {
  EXPECT_TRUE(has(
      pointed_refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", "--init", "golrot"}, 2, "golrot\n^\n"),
      "unknown initializer 'golrot', did you mean glorot?"));
  EXPECT_TRUE(has(refusal({"check", "iris", "--network", "4-3softmax", "--plant", "tarnspose"}, 1),
                  "unknown kind 'tarnspose', did you mean transpose?"));
  EXPECT_TRUE(has(refusal({"train", "irsi", "--network", "4-3softmax", "-o", "m"}, 1), "did you mean iris?"));
}

TEST_F(BadInput, MoreOfAMakersPartsThanThereCanBeAreRefusedByTheirOwnBound) {
  const auto message = [&](const std::string& maker, const std::string& flag, const std::string& value) {
    return refusal({"data", maker, flag, value}, 1);
  };
  EXPECT_EQ(message("blobs", "--centers", "1000000000"), "[blobs] expected centers from 1 to 1000000, got 1000000000");
  EXPECT_EQ(message("blobs", "--centers", "0"), "[blobs] expected centers from 1 to 1000000, got 0");
  const std::string huge = "99999999999999999999";
  EXPECT_TRUE(
      has(pointed_refusal({"data", "blobs", "--centers", huge}, 1, "blobs:centers=" + huge + "\n              ^\n"),
          "character 15: expected a whole number, got '" + huge + "'"));
  EXPECT_EQ(message("spirals", "--arms", "1000000000"), "[spirals] expected arms from 1 to 1000, got 1000000000");
  EXPECT_TRUE(has(message("blobs", "--features", "10000000000"), "[blobs] expected features from 1 to "));
  EXPECT_TRUE(has(message("moons", "--samples", "10000000000"), "[moons] expected "));
}

TEST_F(BadInput, CsvFaultsNameTheLine) {
  const auto message = [&](const std::string& csv) {
    write("bad.csv", csv);
    return refusal({"train", "bad.csv", "--network", "2-2softmax", "-o", "m"}, 1);
  };
  EXPECT_TRUE(message("a,b,label\n1,2,0\n1,0\n").starts_with("bad.csv:3: ")) << "a short row";
  EXPECT_TRUE(message("a,b,label\n1,two,0\n3,4,1\n").starts_with("bad.csv:2: ")) << "text for a number";
  EXPECT_TRUE(message("a,b,label\n1,2,0\n,4,1\n").starts_with("bad.csv:3: ")) << "an empty cell";
  EXPECT_TRUE(message("a,b,label\n1,2,0\n3,NaN,1\n").starts_with("bad.csv:3: ")) << "NaN";
  EXPECT_TRUE(message("a,b,label\n").starts_with("bad.csv")) << "no rows";
  EXPECT_TRUE(message("").starts_with("bad.csv")) << "nothing";
  EXPECT_TRUE(has(message("a,b,label\n1,2,0\n3,4,0\n"), "at least two classes, got only '0'"));
  EXPECT_EQ(message("a,label\n1,0\n3,1\n"),
            "network 2-2softmax takes 2 inputs, but bad.csv has 1 feature (a); --features, --drop and --target choose "
            "columns");
  write("bad.csv", "a,b,c\n1,2,0\n3,4,1\n");
  EXPECT_TRUE(has(refusal({"train", "bad.csv", "--target", "kind", "--network", "2-2softmax", "-o", "m"}, 1), "'kind'"))
      << "a missing column";
}

TEST_F(BadInput, AByteOrderMarkCrlfAndNoHeaderAreNoFaults) {
  for (const std::string csv : {"\xEF\xBB\xBF"
                                "a,b,label\r\n1,2,0\r\n3,4,1\r\n",
                                "1,2,0\n3,4,1\n"}) {
    write("fine.csv", csv);
    const Outcome outcome = run({"train", "fine.csv", "--network", "2-2softmax", "--epochs", "2", "-q", "-o", "m"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
}

TEST_F(BadInput, ALabelNeverSeenInTrainingIsCountedAndLeftOutOfTheScores) {
  train_circles();
  write("new.csv", "x0,x1,label\n0.1,0.2,0\n0.3,0.4,5\n");
  const Outcome outcome = run({"predict", "c.model", "new.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(has(outcome.err, "1 rows of a class never seen in training ('5'), left out of the scores"))
      << outcome.err;
  EXPECT_TRUE(has(outcome.err, "1 samples  accuracy")) << outcome.err;
  EXPECT_TRUE(has(refusal({"predict", "c.model", "blobs"}, 1), "the label '2' was never seen in training"));
}

TEST_F(BadInput, WeightsThatDoNotFitTheDataAreRefused) {
  const auto refused = [&](const std::string& flag, const std::string& value) {
    return refusal({"train", "iris", "--network", "4-3softmax", "-o", "m", flag, value}, 1);
  };
  EXPECT_EQ(refused("--sample-weight", "w"), "iris: expected a column 'w' of sample weights, got none");
  EXPECT_TRUE(has(refused("--class-weight", "1,2"), "expected one weight for each of the 3 classes"));
  EXPECT_TRUE(has(run({"train", "iris", "--network", "4-3softmax", "-o", "m", "--class-weight", "even"}).err,
                  "expected none, balanced, or a number"));
}

TEST_F(BadInput, FeaturesInAnotherOrderAreTakenByTheirNames) {
  train_circles();
  write("new.csv", "x1,x0\n0.1,0.2\n");
  write("old.csv", "x0,x1\n0.2,0.1\n");
  EXPECT_EQ(run({"predict", "c.model", "new.csv"}).out, run({"predict", "c.model", "old.csv"}).out);
}

TEST_F(BadInput, ADamagedModelIsRefusedByEveryCommand) {
  train_circles();
  const std::string whole = read("c.model");
  std::string damaged = whole;
  damaged[damaged.size() - 9] ^= 1;
  for (const std::string& bytes : {whole.substr(0, whole.size() / 2), whole.substr(0, 5), std::string(), damaged}) {
    write("bad.model", bytes);
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"show", "bad.model"},
                                               {"run", "bad.model"},
                                               {"predict", "bad.model", "circles"},
                                               {"check", "bad.model", "circles"},
                                               {"plot", "bad.model", "circles", "-o", "p.svg"}})
      EXPECT_TRUE(refusal(words, 1).starts_with("bad.model")) << words[0];
  }
  write("notes.txt", "these are notes");
  EXPECT_EQ(refusal({"show", "notes.txt"}, 1),
            "notes.txt: expected a model file, as gradus train writes it, got something else");
}

TEST_F(BadInput, WhatCannotBeWrittenIsSaidBeforeTheWork) {
  EXPECT_TRUE(refusal({"train", "iris", "--network", "4-3softmax", "--epochs", "1000000000", "-o", "no/such/m"}, 1)
                  .starts_with("no/such/m: cannot write: "));
  EXPECT_TRUE(refusal({"data", "iris", "-o", "."}, 1).starts_with(".: cannot write: "));
  EXPECT_EQ(refusal({"train", "iris", "--network", "4-3softmax", "-o", ""}, 2),
            "--output: expected the name of a file, got ''");
}

TEST_F(BadInput, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_TRUE(refusal({"data", "iris", "-o", "/dev/full"}, 1).starts_with("/dev/full: cannot write: "));
  EXPECT_TRUE(refusal({"train", "iris", "--network", "4-3softmax", "-q", "-o", "/dev/full"}, 1)
                  .starts_with("/dev/full: cannot write: "));
  const std::string command = std::string(GRADUS_CLI) + " data iris > /dev/full 2> " + path("stderr");
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_TRUE(read("stderr").starts_with("gradus: standard output: cannot write: "));
}

TEST_F(BadInput, WithoutGnuplotTheNumbersStillComeOut) {
  train_circles();
  const std::vector<std::string> nowhere{"PATH=" + path("")};
  const Outcome plot = run({"plot", "c.model", "circles", "-o", "c.svg"}, nowhere);
  EXPECT_EQ(plot.status, 1);
  EXPECT_TRUE(has(plot.err, "gnuplot") && has(plot.err, "apt")) << plot.err;
  EXPECT_FALSE(exists("c.svg"));
  const Outcome again = run({"run", "c.model", "--figures", "pictures", "-o", "again.model"}, nowhere);
  EXPECT_EQ(again.status, 1);
  EXPECT_TRUE(has(again.out, "accuracy")) << again.out;
  EXPECT_EQ(read("again.model"), read("c.model"));
}

TEST_F(BadInput, DivergingNamesPlaceEpochUpdateAndRateAndLeavesTheOldModel) {
  train_circles();
  const std::string before = read("c.model");
  const Outcome outcome =
      run({"train", "iris", "--network", "4-8relu-8relu-3", "--lr", "1e200", "-q", "-o", "c.model"});
  EXPECT_EQ(outcome.status, 1);
  for (const char* part : {"diverged at learning rate 1e+200", "layer ", "epoch 1", "update 2", "nothing was saved"})
    EXPECT_TRUE(has(outcome.err, part)) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
  EXPECT_EQ(read("c.model"), before);
}

TEST_F(BadInput, AModelWhoseDataChangedOrWentSaysSo) {
  ASSERT_EQ(run({"data", "circles", "-q", "-o", "c.csv"}).status, 0);
  ASSERT_EQ(run({"train", "c.csv", "--network", "2-2softmax", "--epochs", "2", "-q", "-o", "m"}).status, 0);
  EXPECT_EQ(run({"run", "m", "-q"}).status, 0);
  ASSERT_EQ(run({"data", "circles", "--noise", "0.1", "-q", "-o", "c.csv"}).status, 0);
  EXPECT_TRUE(has(refusal({"run", "m"}, 1), "c.csv: the data has changed since it was trained on"));
  EXPECT_EQ(run({"run", "m", "-q", "--any-data"}).status, 0);
  std::filesystem::remove(path("c.csv"));
  EXPECT_TRUE(has(refusal({"run", "m"}, 1), "c.csv: cannot read: No such file"));
}

TEST_F(BadInput, AnExperimentFileIsRefusedByLineAndKey) {
  write("bad.toml", "[data]\nsource = \"iris\"\n[network]\nlayers = \"4-3softmax\"\n[optimizer]\nlr = 0.1\n");
  EXPECT_EQ(refusal({"run", "bad.toml"}, 1),
            "bad.toml:6: unknown key 'lr' in [optimizer] (known: method, learning_rate, momentum, nesterov, schedule)");
  EXPECT_EQ(refusal({"run", "none.toml"}, 1), "none.toml: cannot read: No such file or directory");
}

}  // namespace
}  // namespace gradus
