// SPDX-License-Identifier: MIT
#include "gradus/nn/network.hpp"

#include <gtest/gtest.h>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

TEST(Network, ReadsAndWritesItsText) {
  for (const char* text : {"2-16tanh-2softmax", "4-8sigmoid-3softmax", "1-1", "2-3sigmoid:nobias-1sigmoid:nobias",
                           "2-3:nobias-1", "7-5relu-3identity", "2-1step"})
    EXPECT_EQ(to_text(parse_network(text)), text);
}

TEST(Network, TextErrorsPointAtTheCharacter) {
  const auto position = [](const char* text) {
    try {
      parse_network(text);
    } catch (const ParseError& error) {
      return static_cast<int>(error.position());
    }
    return -1;
  };
  EXPECT_EQ(position(""), 0);
  EXPECT_EQ(position("2"), 1);
  EXPECT_EQ(position("2-"), 2);
  EXPECT_EQ(position("2-16tahn-2softmax"), 4);
  EXPECT_EQ(position("2-0tanh"), 2);
  EXPECT_EQ(position("2--3tanh"), 2);
  EXPECT_EQ(position("2-tanh"), 2);
  EXPECT_EQ(position("x-3"), 0);
  EXPECT_EQ(position("2x-3"), 1);
  EXPECT_EQ(position("2-3tanh:nobais"), 8);
  EXPECT_EQ(position("2-99999999999999999999"), 2);
  EXPECT_EQ(position("-2-3"), 0);
}

}  // namespace
}  // namespace gradus
