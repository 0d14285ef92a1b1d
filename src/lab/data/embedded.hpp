// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

/// The files of data/, compiled in (see cmake/embed.cmake).
namespace gradus::embedded {

std::string iris();
std::string digits();

}  // namespace gradus::embedded
