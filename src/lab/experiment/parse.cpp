// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>

#include "core/text.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/experiment/keys.hpp"

namespace gradus {
namespace {

// What follows is far beyond any experiment, and far below what the TOML library bears.
constexpr std::size_t kMaxText = std::size_t{1} << 20;
constexpr int kMaxNested = 8;  // brackets within brackets
constexpr int kMaxDots = 24;   // on a line, outside of texts: of keys and tables within each other

/// Finds where texts and comments end, to see what stands outside of them.
class Outline {
 public:
  Outline(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  void check() {
    while (at_ < text_.size()) step();
  }

 private:
  void step() {
    switch (const char c = text_[at_]) {
      case '\n':
        ++line_;
        dots_ = 0;
        break;
      case '#': at_ = std::min(text_.find('\n', at_), text_.size()); return;
      case '"':
      case '\'': return skip_text(c);
      case '[':
      case '{':
        if (++depth_ > kMaxNested) fail(fmt::format("expected at most {} brackets within each other", kMaxNested));
        break;
      case ']':
      case '}': --depth_; break;
      case '.':
        if (++dots_ > kMaxDots) fail(fmt::format("expected at most {} dots on a line", kMaxDots));
        break;
      default: break;
    }
    ++at_;
  }

  /// To behind the text's end, be it of one line or of several.
  void skip_text(char quote) {
    const std::string three(3, quote);
    const bool lines = text_.substr(at_).starts_with(three);
    at_ += lines ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && quote == '"') {
        ++at_;
      } else if (text_[at_] == '\n') {
        if (!lines) return;  // no TOML, as the reader will say
        ++line_;
      } else if (lines ? text_.substr(at_).starts_with(three) : text_[at_] == quote) {
        at_ += lines ? 3 : 1;
        // Of more than three quotes the last three are the end.
        for (int more = 0; lines && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        return;
      }
    }
  }

  [[noreturn]] void fail(const std::string& message) const { throw FileError::at_line(path_, line_, message); }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  int depth_ = 0;
  int dots_ = 0;
};

/// The TOML library follows nesting by recursion: what has more of it than an experiment can have is refused before.
void check_extent(std::string_view text, const std::string& path) {
  if (text.size() > kMaxText)
    throw FileError(path, fmt::format("expected an experiment of at most {} bytes, got {}", kMaxText, text.size()));
  Outline(text, path).check();
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Experiment read(const toml::table& root) {
    table("", root);
    if (experiment_.data.empty()) throw FileError(path_, "expected the key data.source: what to train on");
    if (experiment_.network.empty()) throw FileError(path_, "expected the key network.layers: what to train");
    return std::move(experiment_);
  }

 private:
  struct Entry {
    const ExperimentKey* key;
    const toml::node* node;
    toml::source_region where;
  };

  [[noreturn]] void fail(const toml::source_region& where, const std::string& message) const {
    throw FileError::at_line(path_, where.begin.line, message);
  }

  void table(std::string_view section, const toml::table& entries) {
    // In the order of the keys, not of the file: some (the optimizer's method) reset what others (its rate) set.
    std::vector<Entry> values;
    for (const auto& [toml_key, node] : entries) {
      const std::string_view name = toml_key.str();
      const auto& keys = experiment_keys();
      if (section.empty() && name == "figure") {
        figures(node, toml_key.source());
      } else if (section.empty() && std::any_of(keys.begin(), keys.end(), [&](auto& k) { return k.section == name; })) {
        if (!node.is_table()) fail(toml_key.source(), fmt::format("expected {} to be a table, [{}]", name, name));
        table(name, *node.as_table());
      } else {
        const auto key =
            std::find_if(keys.begin(), keys.end(), [&](auto& k) { return k.section == section && k.name == name; });
        if (key == keys.end()) unknown(section, name, toml_key.source());
        values.push_back({&*key, &node, toml_key.source()});
      }
    }
    std::sort(values.begin(), values.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    for (const Entry& entry : values) set(*entry.key, *entry.node, entry.where);
  }

  [[noreturn]] void unknown(std::string_view section, std::string_view name, const toml::source_region& where) const {
    std::string known;
    std::string_view last;
    const auto add = [&](std::string_view word) { known += (known.empty() ? "" : ", ") + std::string(word); };
    for (const ExperimentKey& key : experiment_keys()) {
      if (key.section == section) add(key.name);
      if (section.empty() && !key.section.empty() && key.section != last) add(fmt::format("[{}]", key.section));
      last = key.section;
    }
    if (section.empty()) add("[[figure]]");
    const std::string place = section.empty() ? "" : fmt::format(" in [{}]", section);
    fail(where, fmt::format("unknown key {}{} (known: {})", in_quotes(name), place, known));
  }

  void set(const ExperimentKey& key, const toml::node& node, const toml::source_region& where) {
    try {
      set_key(experiment_, key, value_of_node(key, node, where), key.path());
    } catch (const ParseError& error) {
      fail(where, fmt::format("{}: {}", key.path(), error.what()));
    } catch (const ValueError& error) {
      fail(where, error.what());
    }
  }

  KeyValue value_of_node(const ExperimentKey& key, const toml::node& node, const toml::source_region& where) const {
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* whole = node.as_integer()) return std::int64_t{whole->get()};
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* text = node.as_string()) return text->get();
    fail(where, fmt::format("{}: expected {}, got {}", key.path(), key.expected, type_name(node)));
  }

  static std::string_view type_name(const toml::node& node) {
    return node.is_table() ? "a table" : node.is_array() ? "a list" : "a date or time";
  }

  void figures(const toml::node& node, const toml::source_region& where) {
    if (!node.is_array_of_tables()) fail(where, "expected figures as tables, [[figure]] with kind and file");
    for (const toml::node& entry : *node.as_array()) {
      FigureRequest figure;
      for (const auto& [key, value] : *entry.as_table()) {
        if (key != "kind" && key != "file")
          fail(key.source(), fmt::format("unknown key {} in [[figure]] (known: kind, file)", in_quotes(key.str())));
        if (!value.is_string()) fail(key.source(), fmt::format("figure.{}: expected a text", key.str()));
        (key == "kind" ? figure.kind : figure.file) = value.as_string()->get();
      }
      try {
        check_figure(figure);
      } catch (const ValueError& error) {
        fail(entry.source(), error.what());
      }
      experiment_.figures.push_back(figure);
    }
  }

  const std::string& path_;
  Experiment experiment_;
};

}  // namespace

Experiment parse_experiment(std::string_view toml, const std::string& path) {
  check_extent(toml, path);
  ::toml::table root;
  try {
    root = ::toml::parse(toml);  // given a path, toml++ 3.3 allocates in a function that promises not to throw
  } catch (const ::toml::parse_error& error) {
    throw FileError::at_line(path, error.source().begin.line,
                             fmt::format("no TOML: {}", one_line(error.description(), 200)));
  }
  return Reader(path).read(root);
}

}  // namespace gradus
