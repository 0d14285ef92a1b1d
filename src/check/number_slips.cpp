// SPDX-License-Identifier: MIT
#include "check/number_slips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/words.hpp"
#include "gradus/check/result.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus::detail {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}
double sign_of(double number) { return static_cast<double>((number > 0) - (number < 0)); }

class Finder {
 public:
  explicit Finder(const NumberCase& c) : c_(c) {}

  std::vector<NumberSlip> run() {
    const auto finite = [](const Numbers& all) {
      return std::all_of(all.begin(), all.end(), [](double d) { return std::isfinite(d); });
    };
    if (c_.right.size() < 3 || !finite(c_.observed) || !finite(c_.right)) return {};
    changed();
    clipped();
    penalties();
    stepped();
    return std::move(found_);
  }

 private:
  void try_slip(const char* kind, const std::string& words, const Numbers& numbers) {
    if (found_.empty() && c_.fits(numbers)) found_.push_back({kind, words});
  }
  Numbers each(double (*f)(double)) const {
    Numbers numbers = c_.right;
    std::transform(numbers.begin(), numbers.end(), numbers.begin(), f);
    return numbers;
  }

  /// from + the columns, each times the number that fits best.
  template <class Words>
  void fit(const char* kind, const Numbers& from, const std::vector<Numbers>& columns, Words words) {
    if (!found_.empty()) return;
    for (const Numbers& column : columns)  // what moves few numbers proves nothing
      if (std::count_if(column.begin(), column.end(), [](double d) { return d != 0; }) <
          static_cast<std::ptrdiff_t>(columns.size() + 2))
        return;
    Numbers rest = c_.observed;
    for (std::size_t k = 0; k < rest.size(); ++k) rest[k] -= from[k];
    const Numbers fitted = least_squares(columns, std::move(rest));
    if (fitted.empty() || std::any_of(fitted.begin(), fitted.end(), [](double c) { return c == 0; })) return;
    Numbers numbers = from;
    for (std::size_t c = 0; c < columns.size(); ++c)
      for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] += fitted[c] * columns[c][k];
    try_slip(kind, words(fitted), numbers);
  }

  void changed() {
    try_slip("absolute-values", "is right but for the signs, which are all lost",
             each([](double d) { return std::abs(d); }));
    const Numbers none(c_.right.size());
    fit("signs-only", none, {each(sign_of)}, [](const Numbers& c) {
      return fmt::format("holds the signs of the gradient alone, each number {} in size", short_number(c[0]));
    });
    fit("squared", none, {each([](double d) { return d * d; })}, [](const Numbers& c) {
      return std::abs(c[0] - 1) < 1e-6
                 ? std::string("holds the squares of the gradient's numbers")
                 : fmt::format("holds {} times the squares of the gradient's numbers", short_number(c[0]));
    });
    fit("constant-added", c_.right, {Numbers(c_.right.size(), 1.0)},
        [](const Numbers& c) { return fmt::format("is {} too much in every number", short_number(c[0])); });
  }

  /// Cut off at a largest number, or scaled to a norm that someone chose.
  void clipped() {
    double most = 0;
    for (const double d : c_.observed) most = std::max(most, std::abs(d));
    const auto above =
        std::count_if(c_.right.begin(), c_.right.end(), [&](double d) { return std::abs(d) > most * (1 + 1e-9); });
    if (above > 1 && above < static_cast<std::ptrdiff_t>(c_.right.size())) {
      Numbers numbers = c_.right;
      for (double& d : numbers) d = std::clamp(d, -most, most);
      try_slip(
          "clipped",
          fmt::format("is clipped: no number is larger than {}, and {} are cut off there", short_number(most), above),
          numbers);
    }
    const double norm = norm_of(c_.observed);
    const double right = norm_of(c_.right);
    if (!is_chosen(norm) || !(right > 0)) return;
    Numbers numbers = c_.right;
    for (double& d : numbers) d *= norm / right;
    norm < right
        ? try_slip("clipped-norm",
                   fmt::format("is clipped: scaled to the norm {}, where it has {:.4g}", short_number(norm), right),
                   numbers)
        : try_slip("normalised", fmt::format("is scaled to the norm {}", short_number(norm)), numbers);
  }

  void penalties() {
    if (c_.theta.size() != c_.right.size()) return;
    if (!c_.l2_kind.empty())
      fit(c_.l2_kind.c_str(), c_.right, {c_.theta}, [&](const Numbers& c) {
        return fmt::format(
            "holds {} times the {} too much: the derivative of a penalty on their squares that the loss "
            "does not have",
            short_number(c[0]), c_.theta_name);
      });
    Numbers signs = c_.theta;
    std::transform(signs.begin(), signs.end(), signs.begin(), sign_of);
    fit("l1-penalty", c_.right, {signs}, [&](const Numbers& c) {
      return fmt::format(
          "holds {} times the signs of the {} too much: the derivative of a penalty on their sizes that "
          "the loss does not have",
          short_number(c[0]), c_.theta_name);
    });
    fit("elastic-penalty", c_.right, {c_.theta, signs}, [&](const Numbers& c) {
      return fmt::format(
          "holds {} times the {} and {} times their signs too much: two penalties that the loss does not "
          "have",
          short_number(c[0]), c_.theta_name, short_number(c[1]));
    });
  }

  /// The parameters, or what they are after a step.
  void stepped() {
    if (c_.theta.size() != c_.right.size()) return;
    try_slip("parameters", fmt::format("holds the {} themselves", c_.theta_name), c_.theta);
    fit("updated-parameters", c_.theta, {c_.right}, [&](const Numbers& c) {
      return fmt::format("holds the {} after a step, {} times the gradient", c_.theta_name, short_number(c[0]));
    });
  }

  const NumberCase& c_;
  std::vector<NumberSlip> found_;
};

}  // namespace

std::vector<double> least_squares(std::vector<Numbers> columns, Numbers y) {
  const std::size_t n = columns.size();
  std::vector<Numbers> r(n, Numbers(n));
  Numbers coefficients(n);
  for (std::size_t j = 0; j < n; ++j) {
    const double before = norm_of(columns[j]);
    for (std::size_t i = 0; i < j; ++i) {
      r[i][j] = dot(columns[i], columns[j]);
      for (std::size_t k = 0; k < y.size(); ++k) columns[j][k] -= r[i][j] * columns[i][k];
    }
    r[j][j] = norm_of(columns[j]);
    if (!(r[j][j] > 1e-7 * before)) return {};
    for (double& value : columns[j]) value /= r[j][j];
    coefficients[j] = dot(columns[j], y);
    for (std::size_t k = 0; k < y.size(); ++k) y[k] -= coefficients[j] * columns[j][k];
  }
  for (std::size_t j = n; j-- > 0;) {
    for (std::size_t i = j + 1; i < n; ++i) coefficients[j] -= r[j][i] * coefficients[i];
    coefficients[j] /= r[j][j];
  }
  return coefficients;
}

bool is_chosen(double number) {
  if (!(number > 0)) return false;
  const double digits = number / pow(10.0, std::floor(log10(number)) - 2);
  return std::abs(digits - std::nearbyint(digits)) < 1e-7;
}

std::vector<NumberSlip> number_slips(const NumberCase& c) { return Finder(c).run(); }

}  // namespace gradus::detail
