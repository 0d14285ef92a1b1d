// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/text.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

// From where on each is worth a word. They are far from what sound runs show (tests/lab/experiment/diagnosis_test.cpp).
constexpr double kSpreads = 100;        ///< largest over smallest spread of unscaled features
constexpr double kSwinging = 0.4;       ///< share of the records that went up, of the later half
constexpr double kSwing = 0.5;          ///< and by how much they went up and down, of their mean
constexpr double kStillFalling = 0.09;  ///< of the whole fall, in the last tenth of the records
constexpr double kFarAbove = 0.2;       ///< accuracy or R2
constexpr double kSaturated = 0.99;     ///< of the way to an end of the activation's range
constexpr std::size_t kFewestRecords = 10;
constexpr Index kFewUnits = 8;

std::string number(double value) { return fmt::format("{:.4g}", value); }

class Diagnosis {
 public:
  explicit Diagnosis(const ExperimentResult& result) : result_(result), model_(result.model) {}

  std::vector<std::string> words() {
    if (result_.fit.reason == StopReason::diverged || result_.train.size() < 2) return {};
    const Matrix<double> x = model_.scaled(result_.train.x);
    trace_.state = model_.state;
    answers_ = Matrix<double>(forward(model_.network, model_.theta, x, trace_));
    spreads();
    answered_alike();
    units();
    linear_chain();
    course();
    far_above_test();
    return std::move(words_);
  }

 private:
  template <class... T>
  void say(fmt::format_string<T...> format, T&&... values) {
    words_.push_back(fmt::format(format, std::forward<T>(values)...));
  }

  void spreads() {
    if (model_.scaler) return;
    const Dataset& data = result_.train;
    double least = 0;
    double most = 0;
    Index narrow = 0;
    Index wide = 0;
    for (Index j = 0; j < data.features(); ++j) {
      double mean = 0;
      double squares = 0;
      double count = 0;
      for (Index i = 0; i < data.size(); ++i) {
        if (std::isnan(data.x(i, j))) continue;
        const double from_mean = data.x(i, j) - mean;
        mean += from_mean / ++count;
        squares += from_mean * (data.x(i, j) - mean);
      }
      const double spread = count > 0 ? std::sqrt(squares / count) : 0;
      if (spread == 0) continue;
      if (least == 0 || spread < least) least = spread, narrow = j;
      if (spread > most) most = spread, wide = j;
    }
    if (least == 0 || most < kSpreads * least) return;
    const auto name = [&](Index j) { return one_line(data.feature_names[static_cast<std::size_t>(j)], 40); };
    say("features of very different scale: {} spreads by {}, {} by {} (--scale standard)", name(wide), number(most),
        name(narrow), number(least));
  }

  void answered_alike() {
    const Dataset& data = result_.train;
    if (!data.is_classification()) {
      if (result_.train_scores.r2 && *result_.train_scores.r2 < 0.01)
        say("no better than the mean: R2 {} on the training samples{}", number(*result_.train_scores.r2),
            !model_.target_scaler && spreads_call_for_scaling(data.targets)
                ? ", whose targets do not lie about 0 with a spread of about 1 (--scale-target standard)"
                : "");
      return;
    }
    const std::vector<int> classes = predicted_classes(answers_);
    std::vector<Index> samples(static_cast<std::size_t>(data.classes()));
    for (const int label : data.labels) ++samples[static_cast<std::size_t>(label)];
    const auto largest = std::max_element(samples.begin(), samples.end());
    const double share = static_cast<double>(*largest) / static_cast<double>(data.size());
    const auto name = [&](std::ptrdiff_t k) { return in_quotes(data.class_names[static_cast<std::size_t>(k)], 40); };
    const bool alike = std::all_of(classes.begin(), classes.end(), [&](int k) { return k == classes[0]; });
    if (alike && classes[0] >= 0)
      say("all {} training samples are answered with {}", data.size(), name(classes[0]));
    else if (*result_.train_scores.accuracy <= share)
      say("no better than always answering {}: accuracy {}, its share {}", name(largest - samples.begin()),
          number(*result_.train_scores.accuracy), number(share));
  }

  /// Counts the units of a layer that say the same of every sample, and those that lie at an end of their range.
  void units() {
    const Network& network = model_.network;
    if (network.takes_sequences()) return;
    for (std::size_t l = 0; l + 1 < network.size(); ++l) {
      const Answers ends = network.visit(l, []<class L>(const L&) {
        if constexpr (
            requires { L::is_activation; } && requires { L::answers(any_number); })
          return L::answers(any_number);
        else
          return unknown_answers;
      });
      if (ends.kind == Answers::Kind::unknown || ends == any_number) continue;
      const Matrix<double>& y = trace_.outputs[l];
      Index silent = 0;
      Index saturated = 0;
      std::set<std::vector<double>> different;
      for (Index j = 0; j < y.cols(); ++j) {
        std::vector<double> unit;
        for (Index i = 0; i < y.rows(); ++i) unit.push_back(y(i, j));
        const auto [low, high] = std::minmax_element(unit.begin(), unit.end());
        const bool is_silent = *low == *high && *low == ends.low;
        silent += is_silent;
        const double middle = (ends.low + ends.high) / 2;
        const double half = (ends.high - ends.low) / 2;
        saturated += std::isfinite(half) && std::all_of(unit.begin(), unit.end(), [&](double v) {
                       return std::abs(v - middle) > kSaturated * half;
                     });
        if (!is_silent) different.insert(std::move(unit));
      }
      const Index heard = y.cols() - silent;
      // Of many units half may be silent in sound networks, too: it hurts where few are left.
      if (2 * silent >= y.cols() && y.cols() - silent < kFewUnits)
        say("{} of {} units of {} are never active on the training samples (--scale standard, a lower --lr, or another "
            "activation)",
            silent, y.cols(), network.label(l));
      if (2 * saturated >= y.cols())
        say("{} of {} units of {} are saturated on all training samples (--scale standard, a lower --lr or smaller "
            "first "
            "weights)",
            saturated, y.cols(), network.label(l));
      if (heard > 1 && std::ssize(different) == 1 && saturated == 0)
        say("all {} units of {} are equal: they began alike, and learn alike (--init glorot)", heard, network.label(l));
    }
  }

  /// Dense layers behind each other without an activation are one, whatever is trained.
  void linear_chain() {
    const Network& network = model_.network;
    Index dense = 0;
    bool bent = false;
    for (std::size_t l = 0; l < network.size(); ++l) {
      const bool is_dense = network.visit(l, []<class L>(const L&) { return std::is_same_v<L, Dense>; });
      const bool is_last = l + 1 == network.size();
      dense += is_dense;
      bent = bent ||
             (!is_dense && !is_last && network.name(l) != activation::Identity::name && network.name(l) != "dropout");
    }
    if (dense > 1 && !bent)
      say("the {} layers of {} are linear and make one linear layer: an activation between them, as in 16tanh, bends "
          "it",
          dense, one_line(to_text(network), 60));
  }

  void course() {
    const std::vector<double>& loss = result_.fit.history.loss;
    const std::size_t n = loss.size();
    if (n < kFewestRecords || !std::all_of(loss.begin(), loss.end(), [](double x) { return std::isfinite(x); })) return;
    if (loss.back() >= loss.front() && loss.front() > 0) {
      say("the loss is no lower than at first: {} then, {} now (a lower --lr)", number(loss.front()),
          number(loss.back()));
      return;
    }
    if (swings(loss)) {
      say("the loss swings: from {} to {} in the later half of training (a lower --lr)",
          number(*std::min_element(loss.begin() + static_cast<std::ptrdiff_t>(n / 2), loss.end())),
          number(*std::max_element(loss.begin() + static_cast<std::ptrdiff_t>(n / 2), loss.end())));
      return;
    }
    const double lowest = *std::min_element(loss.begin(), loss.end());
    const double before = loss[n - 1 - n / 10];
    const double fall = loss.front() - lowest;
    if (result_.fit.reason == StopReason::finished && before - loss.back() > kStillFalling * fall &&
        n >= 2 * kFewestRecords)
      say("the loss was still falling: {} to {} in the last tenth of training (more --epochs, or a higher --lr)",
          number(before), number(loss.back()));
  }

  static bool swings(const std::vector<double>& loss) {
    const std::size_t half = loss.size() / 2;
    double ups = 0;
    double moves = 0;
    double mean = 0;
    const double count = static_cast<double>(loss.size() - half);
    for (std::size_t k = half; k < loss.size(); ++k) {
      ups += loss[k] > loss[k - 1];
      moves += std::abs(loss[k] - loss[k - 1]) / count;
      mean += loss[k] / count;
    }
    return ups >= kSwinging * count && moves > kSwing * mean && mean > 0.05 * loss.front();
  }

  void far_above_test() {
    if (!result_.test_scores || result_.test.size() < 10) return;
    const Scores& train = result_.train_scores;
    const Scores& test = *result_.test_scores;
    if (train.accuracy) {
      // Three standard errors of a share so far from the training's.
      const double p = *test.accuracy;
      const double error = std::sqrt(std::max(p * (1 - p), 0.01) / static_cast<double>(test.samples));
      if (*train.accuracy - p > std::max(kFarAbove, 3 * error))
        say("training is far above the test: accuracy {} and {} (fewer units, --l2, or more samples)",
            number(*train.accuracy), number(p));
    } else if (train.r2 && test.r2 && *train.r2 - *test.r2 > 2 * kFarAbove && test.samples >= 20) {
      say("training is far above the test: R2 {} and {} (fewer units, --l2, or more samples)", number(*train.r2),
          number(*test.r2));
    }
  }

  const ExperimentResult& result_;
  const Model& model_;
  Trace<double> trace_;
  Matrix<double> answers_;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> diagnose(const ExperimentResult& result) { return Diagnosis(result).words(); }

}  // namespace gradus
