// SPDX-License-Identifier: MIT
#include "gradus/core/sha256.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gradus {
namespace {

TEST(Sha256, GivesTheExamplesOfTheStandard) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Where the padding fits a block exactly, and where it just does not.
TEST(Sha256, PadsEveryLengthAroundABlock) {
  EXPECT_EQ(sha256(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(sha256(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(sha256(std::string(63, 'a')), "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
  EXPECT_EQ(sha256(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST(Sha256, TakesNumbersByTheirBytesTheLowestFirst) {
  const std::array<double, 2> numbers = {1.0, -2.5};  // 0x3ff0000000000000, 0xc004000000000000
  EXPECT_EQ(sha256(std::span<const double>(numbers)),
            sha256(std::string_view("\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\x04\xc0", 16)));
  const std::array<float, 1> number = {1.0f};
  EXPECT_EQ(sha256(std::span<const float>(number)), sha256(std::string_view("\0\0\x80\x3f", 4)));
}

}  // namespace
}  // namespace gradus
