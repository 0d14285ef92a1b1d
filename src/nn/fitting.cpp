// SPDX-License-Identifier: MIT
#include "gradus/nn/fitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gradus/core/number.hpp"

namespace gradus::detail {
namespace {

/// How far from 1 the sum of a distribution may be: shares are often written with two digits.
constexpr double kSumSlack = 0.02;

/// What a loss tells.
struct Told {
  std::string_view name;
  AnswersNeeded answers;
  TargetsNeeded targets;
  std::string_view last_layer;  ///< that it was made for
  bool trains_steps;
};

Told told_by(const LossFunction& loss) {
  return std::visit(
      []<class F>(const F&) {
        using Last =
            std::conditional_t<std::is_void_v<typename F::UsualAfter>, typename F::Link, typename F::UsualAfter>;
        constexpr bool steps = F::Link::answers(any_number).kind == Answers::Kind::decisions;
        return Told{F::name, F::answers, F::targets, Last::name, steps};
      },
      loss);
}

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw ValueError(fmt::format("[{}] {}", where, what));
}

const char* words(AnswersNeeded needed) {
  switch (needed) {
    case AnswersNeeded::numbers:
    case AnswersNeeded::scores: return "numbers";
    case AnswersNeeded::positive: return "outputs above 0";
    case AnswersNeeded::probabilities: return "probabilities";
    case AnswersNeeded::distribution: return "probabilities that sum to 1";
    case AnswersNeeded::log_distribution: return "logarithms of probabilities";
  }
  return "";
}

/// Whether every answer lies above (below) a number, but for rounding.
bool lies_above(const Answers& a, double low) { return a.low > low || (a.low == low && a.open); }
bool lies_below(const Answers& a, double high) { return a.high < high || (a.high == high && a.open); }

bool gives(const Answers& answers, AnswersNeeded needed) {
  switch (needed) {
    case AnswersNeeded::numbers:
    case AnswersNeeded::scores: return true;
    case AnswersNeeded::positive: return lies_above(answers, 0);
    case AnswersNeeded::probabilities: return lies_above(answers, 0) && lies_below(answers, 1);
    case AnswersNeeded::distribution: return answers.kind == Answers::Kind::distribution;
    case AnswersNeeded::log_distribution: return answers.kind == Answers::Kind::log_distribution;
  }
  return false;
}

/// What to do with targets that a loss for classes cannot take.
template <class T>
std::string remedy(ConstMatrixView<T> targets) {
  for (Index i = 0; i < targets.rows(); ++i)
    for (const T t : targets.row(i))
      if (!(t >= 0 && t <= 1)) return fmt::format("use {} and a linear last layer", MeanSquaredError::name);
  return fmt::format("for several labels at once use {} and end the network in {}", MultiLabelCrossEntropy::name,
                     MultiLabelCrossEntropy::Link::name);
}

/// f(sample, targets of one step) for each in turn.
template <class T, class F>
void for_each_step(ConstMatrixView<T> targets, Index outputs, const F& f) {
  for (Index i = 0; i < targets.rows(); ++i)
    for (Index first = 0; first < targets.cols(); first += outputs)
      f(i, targets.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(outputs)));
}

/// What is wrong with the targets of one step, in words that follow "but"; empty if nothing is.
template <class T>
std::string fault(TargetsNeeded needed, Index sample, std::span<const T> t) {
  const auto first_bad = [&](auto is_good) -> std::string {
    const auto bad = std::find_if_not(t.begin(), t.end(), is_good);
    if (bad == t.end()) return {};
    return fmt::format("target {} of sample {} is {}", bad - t.begin() + 1, sample,
                       number_text(static_cast<double>(*bad)));
  };
  const double sum = std::accumulate(t.begin(), t.end(), 0.0);
  const auto sum_of_one = [&](std::string fault) {
    if (fault.empty() && !(std::abs(sum - 1) <= kSumSlack))
      fault = fmt::format("those of sample {} sum to {}", sample, number_text(sum));
    return fault;
  };
  const auto from_0 = [](T x) { return x >= 0; };
  const auto from_0_to_1 = [](T x) { return x >= 0 && x <= 1; };
  const auto zero_or_one = [](T x) { return x == 0 || x == 1; };
  switch (needed) {
    case TargetsNeeded::numbers: return {};
    case TargetsNeeded::counts: return first_bad(from_0);
    case TargetsNeeded::probabilities: return first_bad(from_0_to_1);
    case TargetsNeeded::decisions: return first_bad(zero_or_one);
    case TargetsNeeded::distribution: {
      const bool counts_nothing = std::all_of(t.begin(), t.end(), [](T x) { return x == 0; });
      return counts_nothing ? std::string() : sum_of_one(first_bad(from_0));
    }
    case TargetsNeeded::one_hot: return t.size() == 1 ? first_bad(zero_or_one) : sum_of_one(first_bad(zero_or_one));
  }
  return {};
}

const char* words(TargetsNeeded needed) {
  switch (needed) {
    case TargetsNeeded::numbers: return "numbers";
    case TargetsNeeded::counts: return "counts (targets of at least 0)";
    case TargetsNeeded::probabilities: return "classes (targets from 0 to 1)";
    case TargetsNeeded::decisions: return "classes (targets of 0 or 1)";
    case TargetsNeeded::distribution: return "classes (targets of at least 0 that sum to 1)";
    case TargetsNeeded::one_hot: return "classes (one target of 1, the others 0)";
  }
  return "";
}

/// "numbers from 0 to 1", "numbers of at least 0".
std::string range_text(const Answers& a) {
  if (a.high == kNoEnd) return fmt::format("numbers of at least {}", number_text(a.low));
  if (a.low == -kNoEnd) return fmt::format("numbers of at most {}", number_text(a.high));
  return fmt::format("numbers from {} to {}", number_text(a.low), number_text(a.high));
}

}  // namespace

void check_answers(std::string_view where, const LastLayer& last, const LossFunction& loss) {
  const Told told = told_by(loss);
  const Answers& answers = last.answers;
  if (answers.kind == Answers::Kind::unknown) return;
  const bool of_all = answers.kind == Answers::Kind::distribution || answers.kind == Answers::Kind::log_distribution;
  if (of_all && last.outputs == 1)
    refuse(where, fmt::format("the network ends in a {} of one output, which is always {}: use sigmoid", last.name,
                              answers.kind == Answers::Kind::distribution ? 1 : 0));
  if (answers.kind == Answers::Kind::decisions && !told.trains_steps)
    refuse(where,
           fmt::format("the network ends in {}, which has no slope for {} to learn along: use {}, or end it in {}",
                       last.name, told.name, PerceptronCriterion::name, activation::Sigmoid::name));
  if (told.answers == AnswersNeeded::scores && last.outputs == 1)
    refuse(where, fmt::format("{} needs an output for each class, but the network has one: give it two", told.name));
  if (gives(answers, told.answers)) return;
  std::string remedy = fmt::format("end it in {}", told.last_layer);
  if (told.answers == AnswersNeeded::distribution)
    remedy += fmt::format(", or use {} and end it in {}", BinaryCrossEntropy::name, BinaryCrossEntropy::Link::name);
  if (told.answers == AnswersNeeded::log_distribution)
    remedy += fmt::format(", or use {} and end it in {}", CrossEntropy::name, CrossEntropy::Link::name);
  refuse(where,
         fmt::format("{} needs {}, but the network ends in {}: {}", told.name, words(told.answers), last.name, remedy));
}

template <std::floating_point T>
void check_targets_needed(std::string_view where, Index outputs, const LossFunction& loss, ConstMatrixView<T> targets) {
  const Told told = told_by(loss);
  bool all_nothing = true;
  for_each_step<T>(targets, outputs, [&](Index sample, std::span<const T> t) {
    all_nothing = all_nothing && std::all_of(t.begin(), t.end(), [](T x) { return x == 0; });
    const std::string bad = fault(told.targets, sample, t);
    if (!bad.empty())
      refuse(where, fmt::format("{} needs {}, but {}: {}", told.name, words(told.targets), bad, remedy(targets)));
  });
  if (told.targets == TargetsNeeded::distribution && all_nothing && !targets.empty())
    refuse(where, fmt::format("{} needs {}, but all of them are 0", told.name, words(told.targets)));
}

template <std::floating_point T>
void check_reach(std::string_view where, const LastLayer& last, const LossFunction& loss, ConstMatrixView<T> targets) {
  const AnswersNeeded needed = told_by(loss).answers;
  const Answers& answers = last.answers;
  const bool compared =
      needed == AnswersNeeded::numbers || needed == AnswersNeeded::positive || needed == AnswersNeeded::probabilities;
  if (!compared || answers.kind == Answers::Kind::unknown || targets.empty()) return;
  std::vector<double> means(static_cast<std::size_t>(last.outputs));
  for_each_step<T>(targets, last.outputs, [&](Index, std::span<const T> t) {
    for (std::size_t k = 0; k < t.size(); ++k) means[k] += static_cast<double>(t[k]);
  });
  const Index rows = targets.size() / last.outputs;
  for (double& mean : means) mean /= static_cast<double>(rows);
  const char* remedy = "scale the targets, or end it in a linear layer";
  for (std::size_t k = 0; k < means.size(); ++k)
    if (means[k] < answers.low || means[k] > answers.high)
      refuse(where, fmt::format("target {} is {} in the mean, but the network ends in {}, which gives {}: {}", k + 1,
                                number_text(means[k]), last.name, range_text(answers), remedy));
  const double sum = std::accumulate(means.begin(), means.end(), 0.0);
  if (answers.kind == Answers::Kind::distribution && !(std::abs(sum - 1) <= kSumSlack))
    refuse(where, fmt::format("the targets of a sample sum to {} in the mean, but the network ends in {}, which gives "
                              "numbers that sum to 1: end it in sigmoid or a linear layer",
                              number_text(sum), last.name));
}

template void check_targets_needed(std::string_view, Index, const LossFunction&, ConstMatrixView<double>);
template void check_targets_needed(std::string_view, Index, const LossFunction&, ConstMatrixView<float>);
template void check_reach(std::string_view, const LastLayer&, const LossFunction&, ConstMatrixView<double>);
template void check_reach(std::string_view, const LastLayer&, const LossFunction&, ConstMatrixView<float>);

}  // namespace gradus::detail
