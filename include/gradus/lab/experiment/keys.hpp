// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "gradus/lab/experiment/experiment.hpp"

/// The keys of an experiment as one table, from which its file format, its flags and its checks are made.
namespace gradus {

using KeyValue = std::variant<bool, std::int64_t, double, std::string>;

/// How a key's value is written where everything is text, as on a command line.
enum class KeyForm { flag, number, text, number_or_text };

struct ExperimentKey {
  std::string_view section;  ///< of the file; empty: before the first
  std::string_view name;
  std::string_view flag;  ///< on the command line, without dashes
  std::string_view help;
  std::string_view expected;  ///< what a value must be: "a number above 0"
  KeyForm form;
  /// Nothing if the key is to be left out of a file.
  std::optional<KeyValue> (*get)(const Experiment&);
  /// Throws ValueError or ParseError.
  void (*set)(Experiment&, const KeyValue&);
  bool names_data = false;  ///< whether its text may be data to read
  /// Why a value of this key would change nothing in such an experiment; empty if it may.
  std::string (*idle)(const Experiment&) = nullptr;
  bool deniable = false;  ///< of a flag: whether `--no-<flag>` says false, and neither says nothing

  /// "optimizer.learning_rate"
  std::string path() const;
};

std::span<const ExperimentKey> experiment_keys();

/// Sets one value. Throws ValueError `<name>: expected a number above 0, got -1`, or ParseError.
void set_key(Experiment& experiment, const ExperimentKey& key, const KeyValue& value, std::string_view name);

/// Why a value of this key changes nothing in any of these experiments; empty if it may in one of them.
std::string why_idle(const ExperimentKey& key, std::span<const Experiment> experiments);

/// The value that `text` stands for: a number where the key takes one and the text is one, else the text; of a flag,
/// whether the text is `true`.
KeyValue parse_key_value(const ExperimentKey& key, std::string_view text);

/// A value as a person writes it: `true`, `0.1`, `'abc'`.
std::string to_text(const KeyValue& value);

}  // namespace gradus
