// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gradus/lab/figure/plots.hpp"

/// Pictures of many runs: what a parameter does, and how far seeds lie apart. They take plain numbers.
namespace gradus {

/// The results of all runs with one value of a parameter.
struct SpreadGroup {
  std::string value{};            ///< as it is written; a number, if all groups have one, is a place on the axis
  std::vector<double> results{};  ///< those that are not finite are left out
};

struct SpreadOptions {
  std::string title{};
  std::string x_label = "value";
  std::string y_label = "accuracy (share of points)";
  std::size_t most_points = 120;  ///< a group; of more, an even choice over their range is drawn
};
/// Every result as a point, the mean as a line and the band of one standard deviation about it. Numbers that span more
/// than a factor of eight have a logarithmic axis; words have places in their order, and bars in place of the band.
Figure spread_figure(const std::vector<SpreadGroup>& groups, const SpreadOptions& options = {});

/// An upright axis of `parallel_figure`: a value for each line.
struct ParallelAxis {
  std::string name{};
  std::vector<std::string> values{};
};
/// Parallel coordinates: a line for each configuration, through its value on each axis, to its result on the last one.
/// The better, the darker; the best is orange and on top. Lines whose result is not finite are left out.
Figure parallel_figure(const std::vector<ParallelAxis>& axes, const std::vector<double>& results,
                       const std::string& result_name, const std::string& title = "");

struct SeedCloudOptions {
  DecisionOptions regions{};
  std::size_t most_lines = 60;  ///< boundaries that are drawn; of more classifiers, the first ones
};
/// Classifiers of the plane that differ in their seed alone. Left: the mean of what they say, and the boundary of each;
/// right: the standard deviation of what they say (of several classes, its mean over them). Throws as
/// `decision_regions`, and ValueError for no classifiers.
Figure seed_cloud(const std::vector<Predictor>& predictors, ConstMatrixView<double> x, std::span<const int> classes,
                  const SeedCloudOptions& options = {});

}  // namespace gradus
