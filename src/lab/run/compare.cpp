// SPDX-License-Identifier: MIT
#include "gradus/lab/run/compare.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/experiment/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/run/run_folder.hpp"

namespace gradus {
namespace {

/// Leaves a training where its last snapshot has it.
class Standing : public Driver {
 public:
  explicit Standing(const RunFolder& folder) : folder_(folder) {}
  void drive(Training<float>& training) override { stand(training); }
  void drive(Training<double>& training) override { stand(training); }
  Index update() const { return update_; }

 private:
  template <std::floating_point T>
  void stand(Training<T>& training) {
    const std::vector<Index> kept = folder_.updates();
    if (kept.empty()) throw FileError(folder_.path(), "expected a run with snapshots, got none");
    training.set_state(folder_.snapshot<T>(kept.back()));
    update_ = kept.back();
  }

  const RunFolder& folder_;
  Index update_ = 0;
};

Candidate load_run(const std::string& path) {
  const RunFolder folder = RunFolder::open(path);
  if (file_exists(folder.final_model())) {
    Candidate candidate = to_candidate(path, load_model(folder.final_model()));
    candidate.experiment = folder.experiment();
    if (candidate.model.record) return candidate;
  }
  Standing standing(folder);
  ExperimentResult result = run_experiment(folder.experiment(), {}, &standing);
  return {path, std::move(result.model), folder.experiment(),
          file_exists(folder.final_model()) ? "" : fmt::format("stands at update {}", standing.update())};
}

std::string words_of(const std::optional<KeyValue>& value) { return value ? plain_text(*value) : "-"; }

/// What says the same of every run, or of where it came from alone.
bool is_of_no_matter(const ExperimentKey& key) { return key.section == "output" || key.path() == "data.fingerprint"; }

class Comparer {
 public:
  explicit Comparer(std::vector<Candidate> candidates) { comparison_.candidates = std::move(candidates); }

  Comparison compare() {
    if (comparison_.candidates.empty()) throw ValueError("[compare] expected at least one model, got none");
    const auto& all = comparison_.candidates;
    const bool told = std::all_of(all.begin(), all.end(), [](const Candidate& c) { return c.experiment.has_value(); });
    if (told)
      for (const ExperimentKey& key : experiment_keys())
        if (!is_of_no_matter(key))
          add(key.path(), [&](const Candidate& c) { return words_of(key.get(*c.experiment)); });
    if (told) add("data.fingerprint", [](const Candidate& c) { return c.experiment->fingerprint; });
    if (!told) {
      add("network.layers", [](const Candidate& c) { return to_text(c.model.network); });
      add("loss.function", [](const Candidate& c) { return to_text(c.model.loss); });
      add("precision", [](const Candidate& c) { return std::string(to_text(c.model.precision)); });
      add("data.scale",
          [](const Candidate& c) { return c.model.scaler ? std::string(to_text(c.model.scaler->kind)) : "-"; });
    }
    comparison_.same_test = told && same_test();
    measure();
    return std::move(comparison_);
  }

 private:
  template <class Get>
  void add(const std::string& key, Get get) {
    std::vector<std::string> values;
    for (const Candidate& candidate : comparison_.candidates) values.push_back(get(candidate));
    if (std::any_of(values.begin(), values.end(), [&](const std::string& v) { return v != values.front(); }))
      comparison_.differences.push_back({key, std::move(values)});
  }

  /// Data, seed and split alike: so are the samples.
  bool same_test() const {
    constexpr std::string_view decisive[] = {"seed", "data.test", "data.stratify", "data.fingerprint"};
    return std::none_of(comparison_.differences.begin(), comparison_.differences.end(), [&](const auto& difference) {
      return std::find(std::begin(decisive), std::end(decisive), difference.key) != std::end(decisive);
    });
  }

  void measure() {
    const auto& all = comparison_.candidates;
    const Index count = static_cast<Index>(all.size());
    comparison_.distances = Matrix<double>(count, count);
    for (Index i = 0; i < count; ++i)
      for (Index j = 0; j < count; ++j)
        comparison_.distances(i, j) =
            distance(all[static_cast<std::size_t>(i)].model, all[static_cast<std::size_t>(j)].model);
  }

  static double distance(const Model& a, const Model& b) {
    if (!(a.network == b.network)) return std::numeric_limits<double>::quiet_NaN();
    double squares = 0;
    for (std::size_t k = 0; k < a.theta.size(); ++k) squares += (a.theta[k] - b.theta[k]) * (a.theta[k] - b.theta[k]);
    return std::sqrt(squares);
  }

  Comparison comparison_;
};

const Scores* scores_of(const Candidate& candidate) {
  if (!candidate.model.record) return nullptr;
  const TrainingRecord& record = *candidate.model.record;
  return record.test ? &*record.test : &record.train;
}

}  // namespace

Candidate to_candidate(std::string name, Model model) {
  Candidate candidate{std::move(name), std::move(model), std::nullopt};
  if (candidate.model.experiment.empty()) return candidate;
  try {
    candidate.experiment = parse_experiment(candidate.model.experiment, candidate.name);
  } catch (const Error&) {
    // Of a newer version, say: the model itself is good.
  }
  return candidate;
}

Candidate load_candidate(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return load_run(path);
  return to_candidate(path, open_model(path));
}

Comparison compare(std::vector<Candidate> candidates) { return Comparer(std::move(candidates)).compare(); }

std::optional<double> Comparison::value(std::size_t candidate, const ScoreField& field) const {
  const Scores* scores = scores_of(candidates.at(candidate));
  return scores ? scores->*field.value : std::nullopt;
}

std::optional<Interval> Comparison::interval(std::size_t candidate, const ScoreField& field) const {
  const Scores* scores = scores_of(candidates.at(candidate));
  return scores ? interval_of(*scores, field) : std::nullopt;
}

}  // namespace gradus
