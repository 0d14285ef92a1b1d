// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

/// What was done to numbers that were right, whatever they are the derivative of: cut off, squared, a penalty added.
namespace gradus::detail {

struct NumberCase {
  std::vector<double> observed;
  std::vector<double> right;
  std::vector<double> theta{};                                  ///< what they are derivatives by; may be empty
  std::string theta_name = "parameters";                        ///< as a penalty's sentence calls them
  std::string l2_kind{};                                        ///< of a penalty on their squares; empty: not tried
  std::function<bool(const std::vector<double>& slip)> fits{};  ///< whether a slip gives what was observed, and shows
};
struct NumberSlip {
  std::string kind;
  std::string words;  ///< that follow "it": "is clipped: ..."
};

/// The first slip that fits; nothing if none does. Slips that hold numbers of their own are fitted, and tried only
/// where far more numbers are to be explained.
std::vector<NumberSlip> number_slips(const NumberCase& c);

/// The coefficients with which the columns come nearest to y, by the modified Gram-Schmidt method (Bjorck, 1967); none
/// if they depend on one another.
std::vector<double> least_squares(std::vector<std::vector<double>> columns, std::vector<double> y);

/// Whether it is a number that a person chose: of three digits.
bool is_chosen(double number);

}  // namespace gradus::detail
