// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/lab/figure/figure.hpp"

/// The pictures of the laboratory, each a Figure that may still be changed before it is drawn. They take plain numbers.
namespace gradus {

/// A curve with a name.
struct Series {
  std::string name{};
  std::vector<double> x{};
  std::vector<double> y{};
};

/// 0, 1, ..., n - 1 times `step`, plus `first`: the x of a series that was recorded every `step` updates.
std::vector<double> counting(std::size_t n, double first = 0, double step = 1);
/// The mean of each value with the `window - 1` before it (fewer at the start). A NaN stays within its own window.
std::vector<double> running_mean(std::span<const double> values, std::size_t window);

struct LossOptions {
  std::string title{};
  std::size_t window = 10;  ///< updates that the smoothed line is the mean of; 1 draws the raw line alone
  bool log = false;
  std::string x_label = "update";
  std::string y_label = "cross-entropy (nats)";
};
/// The loss of each update: raw as a thin pale line, smoothed over a window on it.
Figure loss_figure(std::span<const double> loss, const LossOptions& options = {});

struct AccuracyOptions {
  std::string title{};
  std::size_t test_every = 10;  ///< updates between two measurements on the test set; the first after update 0
  std::size_t window = 0;       ///< updates in the running mean of the training hits; 0: all so far
  std::string x_label = "update";
};
/// `train_hits`: 1 or 0 (or an accuracy in [0, 1]) for each update, shown as its running mean. `test`: the accuracy
/// over the test set, one number every `test_every` updates. Either may be empty.
Figure accuracy_figure(std::span<const double> train_hits, std::span<const double> test,
                       const AccuracyOptions& options = {});

/// Errors of gradients, each series (relative, squared, one a layer, ...) named at its end, on a logarithmic axis.
/// A zero cannot be drawn there and is a gap.
Figure gradient_error_figure(const std::vector<Series>& series, const std::string& title = "",
                             const std::string& x_label = "update", const std::string& y_label = "gradient error (1)");

/// Class probabilities (n x classes), or the probability of class 1 (n x 1), of n points (n x 2).
using Predictor = std::function<Matrix<double>(ConstMatrixView<double>)>;

struct DecisionOptions {
  std::string title{};
  std::string x_label = "x₀";
  std::string y_label = "x₁";
  std::vector<std::string> class_names{};  ///< else `class 0`, `class 1`, ...
  std::optional<Area> area{};              ///< else the range of the data and a little around it
  std::optional<double> step{};            ///< distance of grid points; else `grid` x `grid` of them
  Index grid = 100;
  double point_size = 1.0;
};
/// What a classifier says about each point of the plane, and the points it learned from: x (n x 2), classes 0, 1, ... .
/// Two classes: a field from blue through white to orange and the line P(class 1) = 1/2. More: the class colours mixed
/// by their probabilities and lines between the regions. Throws ShapeError, ValueError (a negative class, a step that
/// is not positive or asks for more than 10^7 points).
Figure decision_regions(const Predictor& predict, ConstMatrixView<double> x, std::span<const int> classes,
                        const DecisionOptions& options = {});

/// The points alone, one marker shape and colour a class.
Figure scatter_classes(ConstMatrixView<double> x, std::span<const int> classes, const DecisionOptions& options = {});

/// A function of one number with its derivative. A NaN in `value` or `derivative` lifts the pen (at a jump).
struct ActivationCurve {
  std::string name{};
  std::function<double(double)> value{};
  std::function<double(double)> derivative{};
};
/// One panel a function: itself as a solid, its derivative as a dashed line, over [low, high]. A step between
/// neighbouring points that is far larger than the slope explains is a jump, and not joined.
Figure activation_gallery(const std::vector<ActivationCurve>& curves, double low = -5, double high = 5,
                          Index columns = 2);

struct FunctionFitOptions {
  std::string title{};
  std::string x_label = "x";
  std::string y_label = "y";
  std::string sample_name = "training points";
};
/// A target curve (wide, grey), what was fitted to it, and, if given, the points it was fitted on.
Figure function_fit(const Series& target, const std::vector<Series>& fits, const FunctionFitOptions& options = {},
                    const Series& samples = {});

/// The counts of a confusion matrix (true class in rows, predicted in columns) as cells with their numbers, shaded by
/// their share of the row.
Figure confusion_figure(ConstMatrixView<double> counts, const std::vector<std::string>& class_names = {},
                        const std::string& title = "");

/// Several figures as one, row by row. Labels that all panels share are written at the left and at the bottom only, and
/// if all panels have the same names these stand once, on top. At most 800 pixels wide.
Figure panels(const std::vector<Figure>& figures, Index columns);

}  // namespace gradus
