// SPDX-License-Identifier: MIT
#include "src/core/hints.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/training_method.hpp"

namespace gradus {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The message of what refuses a word.
std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

TEST(Hints, NameWhatOtherProgramsCallALoss) {
  for (const auto& [theirs, ours] : Pairs{{"bce", "binary-cross-entropy"},
                                          {"BCEWithLogitsLoss", "binary-cross-entropy"},
                                          {"binary_crossentropy", "binary-cross-entropy"},
                                          {"categorical_crossentropy", "cross-entropy"},
                                          {"SparseCategoricalCrossentropy", "cross-entropy"},
                                          {"log_loss", "cross-entropy"},
                                          {"MSELoss", "mse"},
                                          {"squared_error", "mse"},
                                          {"L1Loss", "mae"},
                                          {"SmoothL1Loss", "huber"},
                                          {"KLDivLoss", "kl-divergence"},
                                          {"NLLLoss", "nll"}})
    EXPECT_NE(refusal([&] { parse_loss(theirs, Reduction::mean); }).find("did you mean " + ours + "?"),
              std::string::npos)
        << refusal([&] { parse_loss(theirs, Reduction::mean); });
}

TEST(Hints, NameWhatOtherProgramsCallAnActivation) {
  for (const auto& [theirs, ours] : Pairs{
           {"logistic", "sigmoid"}, {"linear", "identity"}, {"swish", "silu"}, {"rectifier", "relu"}, {"ReLU", "relu"}})
    EXPECT_NE(refusal([&] { parse_network("2-3" + theirs); }).find("did you mean " + ours + "?"), std::string::npos)
        << refusal([&] { parse_network("2-3" + theirs); });
}

TEST(Hints, NameWhatOtherProgramsCallAnOptimizerOrAnInitialiser) {
  for (const auto& [theirs, ours] :
       Pairs{{"SGD", "sgd"}, {"L-BFGS-B", "lbfgs"}, {"levenberg-marquardt", "lm"}, {"adadelta", "rmsprop"}})
    EXPECT_NE(refusal([&] { parse_training_method(theirs); }).find("did you mean " + ours + "?"), std::string::npos)
        << theirs;
  for (const auto& [theirs, ours] : Pairs{{"xavier_uniform_", "glorot-uniform"},
                                          {"kaiming_normal", "he-normal"},
                                          {"HeUniform", "he-uniform"},
                                          {"RandomNormal", "standard-normal"}})
    EXPECT_NE(refusal([&] { parse_initializer(theirs); }).find("did you mean " + ours + "?"), std::string::npos)
        << theirs;
}

TEST(Hints, OfferOnlyWhatIsAskedFor) {
  EXPECT_EQ(nearest("logistic", {"sigmoid", "tanh"}), "sigmoid");
  EXPECT_EQ(nearest("logistic", {"mse", "binary-cross-entropy"}), "binary-cross-entropy");
  EXPECT_EQ(nearest("bce", {"mse", "mae"}), "mse");  // by its letters, as any word
  EXPECT_EQ(hinted("bce", {"mse", "mae"}), "");
  EXPECT_EQ(hinted("--", {"--lr"}), "");
  EXPECT_EQ(hinted("--learning-rate", {"--l1", "--lr"}), "--lr");
  EXPECT_EQ(hinted("weight_decay", {"--weight-decay"}), "--weight-decay");
}

}  // namespace
}  // namespace gradus
