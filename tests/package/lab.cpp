// SPDX-License-Identifier: MIT
// A stranger's program over the laboratory: everything, and nothing else but the standard library.
#include <cstdio>
#include <gradus/lab.hpp>

int main() {
  const gradus::Dataset iris = gradus::load_iris();
  std::printf("iris has %d samples\n", static_cast<int>(iris.size()));
}
