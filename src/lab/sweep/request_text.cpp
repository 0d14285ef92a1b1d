// SPDX-License-Identifier: MIT
#include "lab/sweep/request_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "gradus/core/error.hpp"
#include "gradus/engine/arithmetic.hpp"
#include "gradus/lab/experiment/words.hpp"

namespace gradus::sweep_detail {
namespace {

constexpr std::string_view kOpening = "# gradus sweep, shard ";

std::string line(std::string_view name, std::string_view value) {
  if (value.find_first_of("\r\n") != std::string_view::npos)
    throw ValueError(fmt::format("[sweep] {}: expected no line break in a sweep that is made in shards", name));
  return fmt::format("# {} = {}\n", name, value);
}

const ExperimentKey* key_of(std::string_view path) {
  for (const ExperimentKey& key : experiment_keys())
    if (key.path() == path) return &key;
  return nullptr;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }
std::string_view after_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace

std::string opening_line(const Shard& shard) { return fmt::format("{}{}\n", kOpening, to_text(shard)); }

std::string request_lines(const SweepRequest& request, const std::string& fingerprint) {
  std::string text;
  for (const ExperimentKey& key : experiment_keys())
    if (const std::optional<KeyValue> value = key.get(request.base); value && value != key.get(Experiment{}))
      text += line("base " + key.path(), plain_text(*value));
  for (const auto& [key, value] : request.grid.texts()) text += line("grid " + key->path(), value);
  text += line("seeds", std::to_string(request.seeds));
  text += line("random", std::to_string(request.random));
  text += line("automatic arithmetic", to_text(engine::resolved(request.automatic)));
  return text + line("fingerprint", fingerprint);
}

std::string preamble_of(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] == '#') {
    const std::size_t end = text.find('\n', size);
    size = end == std::string_view::npos ? text.size() : end + 1;
  }
  return std::string(text.substr(0, size));
}

SweepRequest parse_request(std::string_view lines, const std::string& path, std::string& fingerprint) {
  SweepRequest request;
  for (std::size_t number = 2; !lines.empty(); ++number, lines = after_line(lines)) {
    const std::string_view text = first_line(lines);
    const std::size_t equals = text.find(" = ");
    const auto refuse = [&](std::string_view why) -> FileError {
      return FileError::at_line(path, number, fmt::format("{}, got '{}'", why, text));
    };
    if (!text.starts_with("# ") || equals == std::string_view::npos) throw refuse("expected '# NAME = VALUE'");
    const std::string_view name = text.substr(2, equals - 2), value = text.substr(equals + 3);
    const auto count = [&] {
      Index n = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
      if (error != std::errc{} || end != value.data() + value.size()) throw refuse("expected a whole number");
      return n;
    };
    try {
      if (name.starts_with("base ") || name.starts_with("grid ")) {
        const ExperimentKey* key = key_of(name.substr(5));
        if (!key) throw refuse("expected the name of a key");
        if (name.starts_with("grid "))
          request.grid.set(*key, value, "--" + std::string(key->flag));
        else
          set_key(request.base, *key, parse_key_value(*key, value), key->path());
      } else if (name == "seeds") {
        request.seeds = count();
      } else if (name == "random") {
        request.random = count();
      } else if (name == "automatic arithmetic") {
        request.automatic = parse_arithmetic(value);
      } else if (name == "fingerprint") {
        fingerprint = value;
      } else {
        throw refuse("expected the name of an option");
      }
    } catch (const ParseError& error) {
      throw FileError::at_line(path, number, error.what());
    } catch (const ValueError& error) {
      throw FileError::at_line(path, number, error.what());
    }
  }
  return request;
}

std::string first_difference(std::string_view expected, std::string_view got) {
  while (!expected.empty() && !got.empty() && first_line(expected) == first_line(got)) {
    expected = after_line(expected);
    got = after_line(got);
  }
  return fmt::format(": expected '{}', got '{}'", first_line(expected), first_line(got));
}

}  // namespace gradus::sweep_detail
