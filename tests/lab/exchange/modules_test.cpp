// SPDX-License-Identifier: MIT
// Which module of a file is which layer: by shapes, and by the numbers in their names; never by a guess.
#include "src/lab/exchange/weights/modules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lab/exchange/torch_state.hpp"

namespace gradus {
namespace {

TEST(Modules, AreTakenInTheOrderOfNumbersAndNotOfLetters) {
  const SafeTensors file{{},
                         {numbers("fc10.weight", {2, 2}, 100), numbers("fc10.bias", {2}),
                          numbers("fc2.weight", {2, 2}, 2), numbers("fc2.bias", {2})}};
  EXPECT_EQ(taken(file, "2-2tanh-2").model.theta[0], 2);
  EXPECT_TRUE(exchange::comes_before("fc2", "fc10"));
  EXPECT_FALSE(exchange::comes_before("fc10", "fc2"));
  EXPECT_TRUE(exchange::comes_before("a.2.b", "a.10.a"));
  EXPECT_TRUE(exchange::comes_before("fc", "fc1"));
  EXPECT_FALSE(exchange::comes_before("fc07", "fc7"));
}

TEST(Modules, OfTwoNamesOneComesFirstByItsNumbersAndElseByItsLetters) {
  EXPECT_TRUE(exchange::comes_before("a1", "ab"));
  EXPECT_FALSE(exchange::comes_before("ab", "a1"));
  EXPECT_TRUE(exchange::comes_before("fc2a", "fc03a"));
  EXPECT_FALSE(exchange::comes_before("fc03a", "fc2a"));
  EXPECT_TRUE(exchange::comes_before("", "a"));
  EXPECT_FALSE(exchange::comes_before("a", ""));
  EXPECT_FALSE(exchange::comes_before("a", "a"));
  EXPECT_FALSE(exchange::comes_before("", ""));
}

/// A dense layer of two units for two inputs.
void add_square(SafeTensors& file, const std::string& name, double first = 0.25) {
  file.tensors.push_back(numbers(name + ".weight", {2, 2}, first));
  file.tensors.push_back(numbers(name + ".bias", {2}, first));
}

TEST(Modules, OfManyEqualLayersAreTakenInTheOrderOfTheirNumbers) {
  SafeTensors file;
  std::string network = "2";
  for (int l = 0; l < 300; ++l) {
    add_square(file, "fc" + std::to_string(l), l);
    network += "-2tanh";
  }
  const std::vector<double> theta = taken(file, network).model.theta;
  ASSERT_EQ(theta.size(), 300U * 6);
  for (std::size_t l = 0; l < 300; ++l) EXPECT_EQ(theta[6 * l], static_cast<double>(l));
  EXPECT_EQ(refusal(file, network + "-2tanh").substr(0, 55), "state.safetensors: expected arrays for layer 301 (dense");
}

TEST(Modules, ThatFitNoLaterLayerAreGivenToTheFirst) {
  SafeTensors file;  // the first layer may have either, and gets the one before
  add_square(file, "fc1", 1);
  add_square(file, "fc2", 2);
  file.tensors.push_back(numbers("out.weight", {1, 2}));
  file.tensors.push_back(numbers("out.bias", {1}));
  EXPECT_EQ(taken(file, "2-2-2-1").model.theta[0], 1);
  EXPECT_EQ(refusal(file, "2-2-1").substr(0, 80),
            "state.safetensors: layer 1 (dense) could be module 'fc1' or 'fc2': name the modu");
  EXPECT_EQ(refusal(file, "2-2-2-2-1").substr(0, 53), "state.safetensors: expected arrays for layer 3 (dense");
}

TEST(Modules, ThatCouldBelongToTwoLayersAreRefusedByTheFirstOfThese) {
  SafeTensors file{{}, {numbers("in.weight", {2, 3}), numbers("in.bias", {2})}};
  add_square(file, "encoder");
  add_square(file, "decoder");
  EXPECT_EQ(refusal(file, "3-2tanh-2tanh-2").substr(0, 88),
            "state.safetensors: layer 2 (dense) could be module 'decoder' or 'encoder': name the modu");
  SafeTensors row;
  for (const char* name : {"fc1", "fc2", "fc3"}) add_square(row, name);
  EXPECT_EQ(refusal(row, "2-2tanh-2").substr(0, 80),
            "state.safetensors: layer 2 (dense) could be module 'fc2' or 'fc3': name the modu");
}

TEST(Modules, OfMoreWaysThanCanBeTriedAreRefusedWithAdvice) {
  SafeTensors file;
  std::string network = "2";
  for (char name = 'a'; name < 'm'; ++name) {
    add_square(file, std::string(1, name));
    network += "-2";
  }
  const std::string message = refusal(file, network + "-2");
  EXPECT_EQ(message,
            "state.safetensors: expected modules whose order their names tell: name the modules so that numbers tell "
            "their order, as fc1, fc2");
}

TEST(Modules, ThatCouldBelongToTwoLayersAreRefused) {
  const SafeTensors file{{},
                         {numbers("encoder.weight", {2, 2}), numbers("encoder.bias", {2}),
                          numbers("decoder.weight", {2, 2}), numbers("decoder.bias", {2})}};
  EXPECT_EQ(
      refusal(file, "2-2tanh-2"),
      "state.safetensors: layer 1 (dense) could be module 'decoder' or 'encoder': name the modules so that numbers "
      "tell their order, as fc1, fc2, or leave out what is another network's");
}

TEST(Modules, ThatAreMissingAreNamedWithWhatIsThere) {
  const SafeTensors file{{}, {numbers("fc1.weight", {4, 3}), numbers("fc1.bias", {4}), numbers("fc2.weight", {2, 4})}};
  EXPECT_EQ(
      refusal(file, "3-4tanh-2"),
      "state.safetensors: expected arrays for layer 2 (dense): weight [2, 4], bias [2]; no module that is left has "
      "them. There are: 'fc1' (bias [4], weight [4, 3]), 'fc2' (weight [2, 4])");
  EXPECT_EQ(
      refusal({}, "3-4tanh-2"),
      "state.safetensors: expected arrays for layer 1 (dense): weight [4, 3], bias [4]; no module that is left has "
      "them. There are: none");
}

TEST(Modules, ThatAreMissingAreNamedWithTheFirstEightOfManyModules) {
  SafeTensors file;
  for (const Index n : {8, 9, 10}) {
    file.tensors.clear();
    for (Index k = 0; k < n; ++k) file.tensors.push_back(numbers("m" + std::to_string(k) + ".scale", {1}));
    const std::string message = refusal(file, "1-1");
    const std::string more = n == 8 ? "'m7' (scale [1])" : "'m7' (scale [1]) and " + std::to_string(n - 8) + " more";
    EXPECT_TRUE(message.ends_with(more)) << message;
  }
}

TEST(Modules, OfABatchnormMayLackItsCounterAlone) {
  SafeTensors file;
  for (const char* array : {"weight", "bias", "running_mean", "running_var"})
    file.tensors.push_back(numbers(std::string("norm.") + array, {2}));
  EXPECT_EQ(taken(file, "2-batchnorm").model.state.size(), 4U);
  file.tensors.push_back(to_tensor("norm.num_batches_tracked", DType::i64, {}, std::vector<std::int64_t>{7}));
  EXPECT_EQ(taken(file, "2-batchnorm").remarks, std::vector<std::string>{});
  file.tensors.erase(file.tensors.begin() + 1);
  EXPECT_EQ(refusal(file, "2-batchnorm").substr(0, 115),
            "state.safetensors: expected arrays for layer 1 (batchnorm): weight [2], bias [2], running_mean [2], "
            "running_var [2]");
}

TEST(Modules, OfAnotherShapeOrWithAnArrayMoreAreNotTaken) {
  const auto is_taken = [](const SafeTensors& file, const std::string& network) {
    return refusal(file, network).empty();
  };
  EXPECT_TRUE(is_taken({{}, {numbers("0.weight", {2, 3}), numbers("0.bias", {2})}}, "3-2"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {2, 4}), numbers("0.bias", {2})}}, "3-2"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {2, 3}), numbers("0.bias", {3})}}, "3-2"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {2, 3}), numbers("0.bias", {1})}}, "3-2"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {2, 3}), numbers("0.bias", {2}), numbers("0.scale", {2})}}, "3-2"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {3})}}, "2-layernorm"));
  EXPECT_FALSE(is_taken({{}, {numbers("0.weight", {3})}}, "2-rmsnorm"));
  EXPECT_TRUE(
      is_taken({{}, {numbers("0.weight", {2, 1}), numbers("0.bias", {2}), numbers("1.weight", {1})}}, "1-2prelu"));
  EXPECT_FALSE(
      is_taken({{}, {numbers("0.weight", {2, 1}), numbers("0.bias", {2}), numbers("1.weight", {3})}}, "1-2prelu"));
}

TEST(Modules, WhoseNamesOnlyLookLikeThoseOfSeveralLayersAreTakenAsTheyAreNamed) {
  const auto modules = [](const std::string& name) {
    const SafeTensors file{{}, {numbers(name, {1})}};
    const std::vector<exchange::Module> found = exchange::modules_of(file);
    return found.at(0).name + ":" + found.at(0).arrays.begin()->first;
  };
  EXPECT_EQ(modules("cell.weight_ih_l12"), "cell.l12:weight_ih_l0");
  EXPECT_EQ(modules("weight_ih_l1"), "l1:weight_ih_l0");
  EXPECT_EQ(modules("cell.weight_l"), "cell:weight_l");
  EXPECT_EQ(modules("cell.weight_lx"), "cell:weight_lx");
  EXPECT_EQ(modules("cell.weight_l1x"), "cell:weight_l1x");
  EXPECT_EQ(modules("weight"), ":weight");
}

}  // namespace
}  // namespace gradus
