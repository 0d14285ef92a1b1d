// SPDX-License-Identifier: MIT
#include "gradus/nn/layers/window.hpp"

namespace gradus {
namespace {

std::string text(Extent e) { return std::to_string(e.height) + " x " + std::to_string(e.width); }

bool below(Extent e, Index least) { return e.height < least || e.width < least; }

}  // namespace

void Window::check(std::string_view where) const {
  if (channels < 1 || below(size, 1) || below(kernel, 1) || below(stride, 1) || below(dilation, 1) || below(padding, 0))
    throw ValueError("[" + std::string(where) +
                     "] expected channels, size, kernel, stride and dilation of at least 1 and padding of at least 0");
  if (below(places(), 1))
    throw ValueError("[" + std::string(where) + "] expected a kernel that fits into the input of " + text(size) +
                     (padding == Extent{0, 0} ? "" : " with padding " + text(padding)) + ", got " + text(kernel) +
                     (dilation == Extent{1, 1} ? "" : " with dilation " + text(dilation)));
}

}  // namespace gradus
