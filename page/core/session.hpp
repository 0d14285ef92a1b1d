// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gradus/lab/figure/figure.hpp"
#include "gradus/lab/run/live_run.hpp"

/// What the page shows, taken from the library: a message's fields as JSON, and what is many numbers as bytes.
namespace gradus::page {

using Json = nlohmann::ordered_json;
using Bytes = std::vector<std::uint8_t>;

/// A refusal that belongs to one of the fields a person fills in: the key of an experiment, as in "network.layers".
struct FieldError {
  std::string key;
  std::string message;
  std::int64_t position = -1;  ///< the character of the field's text that it is at
};

/// Scores along a run, thinned so that they stay few however long it gets.
class Curve {
 public:
  struct Point {
    Index update;
    double loss, accuracy, test_loss, test_accuracy;  // NaN: there is none
  };
  /// Of two at one update the first stays.
  void add(const Point& point);
  void forget_after(Index update);
  /// Five doubles a point.
  void write(Bytes& bytes) const;
  const std::vector<Point>& points() const { return points_; }

 private:
  static constexpr std::size_t kMost = 600;
  std::vector<Point> points_;
};

/// A run with what is shown of it.
class Session {
 public:
  explicit Session(LiveRun run);

  LiveRun& run() { return run_; }
  const LiveRun& run() const { return run_; }
  /// What the pictures show at least, where it is not all samples and no more.
  std::optional<Area> frame;
  /// The model as it stands.
  const Model& model();
  const Curve& curve() const { return curve_; }

  /// What stays as long as the run does: network, classes, features, keys.
  Json description() const;
  /// Where it stands.
  Json standing();
  /// Trains for about so long, and at most so many updates.
  void advance(double milliseconds, Index updates);
  /// Goes about so long towards an update; whether it is there.
  bool approach(Index update, double milliseconds);
  /// After a change: what lay further on is forgotten.
  void changed();
  Session branch() const;

 private:
  void look();

  LiveRun run_;
  Model model_;
  Index shown_ = -1;  // the update that the model and the scores are of; -1: none
  Curve curve_;
  Scores train_scores_;
  std::optional<Scores> test_scores_;
  double updates_a_millisecond_ = 1;
};

/// The samples at two features: x, y, class (or target) and 1 of a test sample, as four floats each.
void write_points(const Session& session, Index a, Index b, Bytes& bytes);
/// The area that they lie in, and what the axes are called.
Json axes_of(const Session& session, Index a, Index b);
/// The answers over the plane of two features as size x size colours (RGBA), from the top; the other features at their
/// mean. Of a single feature: size pairs of numbers, the curve.
Json write_field(Session& session, Index a, Index b, Index size, Bytes& bytes);
/// The same of each unit, layer by layer: what it puts out, from blue below 0 to orange above.
Json write_units(Session& session, Index a, Index b, Index size, Bytes& bytes);
/// All parameters, as doubles.
void write_theta(Session& session, Bytes& bytes);
/// Arrays of parameters: name, rows, cols, offset, layer.
Json blocks_of(const Model& model);

/// The whole gradient on trial, a row a parameter, on the first samples; what the checker says.
Json proof_of(Session& session);
/// From the loss of one sample back to one parameter.
Json chain_of(Session& session, Index sample, const std::string& weight);

/// An experiment of keys and texts, {"network.layers": "2-4tanh-2softmax", ...}. Throws FieldError.
Experiment experiment_of(const Json& keys);
/// And back: what differs from an experiment of which nothing is said, and what the page has fields for.
Json keys_of(const Experiment& experiment);
/// The command that repeats it, for a shell.
std::string command_of(const Experiment& experiment);
/// What may be chosen: data, losses, optimizers, activations, faults.
Json offer();

}  // namespace gradus::page
