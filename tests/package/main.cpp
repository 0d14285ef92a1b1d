// SPDX-License-Identifier: MIT
// A stranger's program: everything of Gradus, and nothing else but the standard library.
#include <cstdio>
#include <gradus/gradus.hpp>

int main() {
  const gradus::Network network = gradus::parse_network("2-3tanh-2softmax");
  std::printf("%s has %d parameters\n", gradus::to_text(network).c_str(), static_cast<int>(network.parameter_count()));
}
