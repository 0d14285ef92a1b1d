// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/lab/figure/report.hpp"
#include "gradus/lab/figure/spread.hpp"

namespace gradus {
namespace {

constexpr std::size_t kMostRows = 40;    // of the table
constexpr std::size_t kMostSeeds = 200;  // of the cloud

/// The result as it is shown: of numbers a loss, not its negative.
bool is_loss(const SweepOutcome& outcome) { return merit_name(outcome).starts_with('-'); }

std::string result_name(const SweepOutcome& outcome) {
  const std::string name = merit_name(outcome);
  return is_loss(outcome) ? name.substr(1) : name;
}

/// Text of a person that is no markup.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '`' || c == '*' || c == '$' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// As code, where no sign of the text would end it.
std::string code(const std::string& text) {
  return text.find('`') == std::string::npos ? "`" + text + "`" : plain(text);
}

/// `circles` of `circles:samples=500,noise=0.2`
std::string first_word(const std::string& data) { return data.substr(0, data.find(':')); }

/// The command over several lines, an option on each.
std::string broken(const std::string& command) {
  std::string text;
  for (std::size_t from = 0; from < command.size();) {
    const std::size_t next = std::min(command.find(" --", from + 1), command.find(" -o ", from + 1));
    const std::size_t end = std::min(next, command.size());
    text += (from == 0 ? "" : " \\\n   ") + command.substr(from, end - from);
    from = end;
  }
  return text;
}

/// `3` of `network.3` picks a pair of braces; a lone one needs no number.
std::string axis_title(const SweepAxis& axis) {
  const std::size_t dot = axis.name.find('.');
  if (dot == std::string::npos) return axis.name;
  return fmt::format("{} {}", axis.name.substr(0, dot), axis.name.substr(dot + 1));
}

class Writer {
 public:
  Writer(const SweepPlan& plan, const ExperimentSource& source, const SweepOutcome& outcome,
         const SweepReportOptions& options)
      : plan_(plan),
        source_(source),
        outcome_(outcome),
        options_(options),
        ranked_(rank(plan, outcome)),
        report_("A sweep over " + plain(first_word(plan.runs.front().experiment.data)), lead()) {}

  std::string write() {
    table();
    parameters();
    all_at_once();
    cloud();
    report_.section("Again", "again");
    report_.paragraph(
        "The same command computes only what is missing; every number is in `results.csv`, and `best.model` is the "
        "best single run, which `gradus run best.model` repeats to the last bit.");
    report_.code(broken(options_.command));
    report_.save(options_.folder + "/report.html");
    return problem_;
  }

 private:
  std::string lead() const {
    Index diverged = 0;
    for (const auto& r : outcome_.results) diverged += r && r->diverged;
    return fmt::format(
        "{} on {}: {} runs{}. A seed draws the split, the first weights and the order of the "
        "samples; what differs between seeds alone is chance.",
        fmt::format("{} configuration{}, {} seed{} each,", plan_.configurations.size(),
                    plan_.configurations.size() == 1 ? "" : "s", plan_.seeds, plan_.seeds == 1 ? "" : "s"),
        code(plan_.runs.front().experiment.data), plan_.runs.size(),
        diverged > 0 ? fmt::format(", {} of which diverged", diverged) : "");
  }

  double shown(double merit) const { return is_loss(outcome_) ? -merit : merit; }
  std::string digits(double value) const { return fmt::format("{:.3f}", value); }

  void table() {
    report_.section("What came out", "configurations");
    Table table{.caption = fmt::format(
                    "Mean and standard deviation over seeds of the {}, the worst and the best seed; "
                    "beside it the training set's mean. Best first{}.",
                    result_name(outcome_),
                    ranked_.size() > kMostRows ? fmt::format("; the first {} of {}", kMostRows, ranked_.size()) : ""),
                .header = {},
                .rows = {}};
    for (const SweepAxis& axis : plan_.axes) table.header.push_back(plain(axis_title(axis)));
    for (const char* name : {"mean", "±", "worst", "best", "training"}) table.header.push_back(name);
    const bool lost = std::any_of(ranked_.begin(), ranked_.end(), [](auto& s) { return s.diverged > 0; });
    if (lost) table.header.push_back("diverged");
    for (std::size_t k = 0; k < std::min(ranked_.size(), kMostRows); ++k) {
      const ConfigurationScore& s = ranked_[k];
      std::vector<Cell>& row = table.rows.emplace_back();
      for (const std::string& value : plan_.configurations[s.configuration])
        row.emplace_back(value.empty() ? "–" : plain(value));
      const bool any = s.runs > s.diverged;
      for (const double v : {shown(s.mean), s.deviation, shown(s.low), shown(s.high), s.train})
        row.emplace_back(any ? digits(v) : "–");
      if (lost) row.emplace_back(std::to_string(s.diverged));
    }
    report_.table(table);
    report_.paragraph(
        "Of many runs the best is better than it deserves: what is chosen by a test set is no longer tested by it. "
        "Compare means, and keep other data for a last word.");
  }

  void parameters() {
    if (plan_.axes.empty()) return;
    report_.section("One parameter at a time", "parameters");
    for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
      std::vector<SpreadGroup> groups;
      for (std::size_t k = 0; k < plan_.runs.size(); ++k) {
        const auto& result = outcome_.results[k];
        if (!result || result->diverged) continue;
        const std::string& value = plan_.configurations[plan_.runs[k].configuration][a];
        auto at = std::find_if(groups.begin(), groups.end(), [&](auto& g) { return g.value == value; });
        if (at == groups.end()) at = groups.insert(groups.end(), {value, {}});
        at->results.push_back(shown(result->merit()));
      }
      if (groups.empty()) continue;
      const std::string name = axis_title(plan_.axes[a]);
      const std::string& text = plan_.axes[a].text;
      draw(spread_figure(groups, {.x_label = text.empty() ? name : fmt::format("{}: {}", name, text),
                                  .y_label = result_name(outcome_)}),
           fmt::format("The {} against {}{}: each run, the mean, and one standard deviation about it{}.",
                       result_name(outcome_), plain(name), in_its_place(a),
                       plan_.axes.size() > 1 ? ", over all values of the other parameters" : ""));
    }
  }

  /// The text that a pair of braces stands in: ` in 2-{…}tanh-2softmax`.
  std::string in_its_place(std::size_t a) const {
    return plan_.axes[a].text.empty() ? "" : " in " + code(plan_.axes[a].text);
  }

  void all_at_once() {
    if (plan_.axes.size() < 2) return;
    std::vector<ParallelAxis> axes;
    std::vector<double> results;
    for (const SweepAxis& axis : plan_.axes) axes.push_back({axis_title(axis), {}});
    for (const ConfigurationScore& s : ranked_) {
      if (s.runs == s.diverged) continue;
      for (std::size_t a = 0; a < axes.size(); ++a) axes[a].values.push_back(plan_.configurations[s.configuration][a]);
      results.push_back(s.mean);
    }
    if (results.empty()) return;
    report_.section("All parameters at once", "all");
    draw(parallel_figure(axes, results, merit_name(outcome_)),
         fmt::format("A line for each configuration, through its values to the mean of the {} over seeds. The better, "
                     "the darker; the best is the wide one.",
                     merit_name(outcome_)));
  }

  void cloud() {
    if (ranked_.empty() || ranked_.front().runs == ranked_.front().diverged) return;
    const Dataset& data = source_.data;
    if (!data.is_classification() || data.features() != 2) return;
    std::vector<std::size_t> runs;
    for (std::size_t k = 0; k < plan_.runs.size() && runs.size() < kMostSeeds; ++k)
      if (plan_.runs[k].configuration == ranked_.front().configuration && outcome_.results[k] &&
          !outcome_.results[k]->diverged)
        runs.push_back(k);
    const std::vector<Model> models = train_models(plan_, source_, runs);
    std::vector<Predictor> predictors;
    for (const Model& model : models)
      predictors.push_back([&model](ConstMatrixView<double> x) { return model.predict(x); });
    SeedCloudOptions cloud;
    cloud.regions.x_label = data.feature_names.empty() ? "x0" : data.feature_names[0];
    cloud.regions.y_label = data.feature_names.empty() ? "x1" : data.feature_names[1];
    cloud.regions.class_names = data.class_names;
    cloud.regions.grid = 80;
    report_.section("The cloud of seeds", "cloud");
    draw(
        seed_cloud(predictors, data.x, data.labels, cloud),
        fmt::format("The best configuration, `{}`, trained from {} seeds. Left: the mean of their probabilities{}, and "
                    "the boundary of each of them. Right: how far they disagree, from white (not at all) to purple (a "
                    "standard deviation of one half).",
                    plan_.runs[runs.front()].experiment.network, runs.size(),
                    data.classes() == 2 ? fmt::format(" of {}", plain(data.class_names[1])) : ""));
  }

  void draw(const Figure& figure, const std::string& caption) {
    if (problem_.empty()) {
      try {
        report_.figure(figure, caption, "");
        return;
      } catch (const ToolError& error) {
        problem_ = error.what();
      }
    }
    report_.missing_figure(problem_, caption, "");
  }

  const SweepPlan& plan_;
  const ExperimentSource& source_;
  const SweepOutcome& outcome_;
  const SweepReportOptions& options_;
  std::vector<ConfigurationScore> ranked_;
  Report report_;
  std::string problem_;
};

}  // namespace

std::vector<ConfigurationScore> rank(const SweepPlan& plan, const SweepOutcome& outcome) {
  std::vector<ConfigurationScore> scores(plan.configurations.size());
  std::vector<double> squares(scores.size());
  for (std::size_t c = 0; c < scores.size(); ++c) scores[c] = {c, 0, 0, 0, 0, INFINITY, -INFINITY, 0};
  const auto over_runs = [&](auto f) {
    for (std::size_t k = 0; k < plan.runs.size(); ++k)
      if (outcome.results[k]) f(*outcome.results[k], plan.runs[k].configuration);
  };
  over_runs([&](const RunResult& r, std::size_t c) {
    ConfigurationScore& s = scores[c];
    ++s.runs;
    s.diverged += r.diverged;
    if (r.diverged) return;
    s.mean += r.merit();
    s.train += r.train_accuracy.value_or(r.train_loss);
    s.low = std::min(s.low, r.merit());
    s.high = std::max(s.high, r.merit());
  });
  for (ConfigurationScore& s : scores) {
    const auto n = static_cast<double>(std::max<Index>(s.runs - s.diverged, 1));
    s.mean /= n;
    s.train /= n;
  }
  over_runs([&](const RunResult& r, std::size_t c) {
    if (!r.diverged) squares[c] += (r.merit() - scores[c].mean) * (r.merit() - scores[c].mean);
  });
  for (ConfigurationScore& s : scores)
    if (const Index n = s.runs - s.diverged; n > 1)
      s.deviation = std::sqrt(squares[s.configuration] / static_cast<double>(n - 1));
  std::erase_if(scores, [](const ConfigurationScore& s) { return s.runs == 0; });
  std::stable_sort(scores.begin(), scores.end(), [](const ConfigurationScore& a, const ConfigurationScore& b) {
    // A mean over what is left after some runs diverged is no match for one over all.
    const auto lost = [](const ConfigurationScore& s) { return s.diverged == 0 ? 0 : s.diverged < s.runs ? 1 : 2; };
    return lost(a) != lost(b) ? lost(a) < lost(b) : a.mean > b.mean;
  });
  return scores;
}

std::string merit_name(const SweepOutcome& outcome) {
  for (const auto& r : outcome.results) {
    if (!r || r->diverged) continue;
    if (r->test_accuracy) return "accuracy on the test set";
    if (r->train_accuracy) return "training accuracy";
    return r->test_loss ? "-loss on the test set" : "-training loss";
  }
  return "accuracy";
}

std::string write_sweep_report(const SweepPlan& plan, const ExperimentSource& source, const SweepOutcome& outcome,
                               const SweepReportOptions& options) {
  return Writer(plan, source, outcome, options).write();
}

}  // namespace gradus
