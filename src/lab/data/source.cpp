// SPDX-License-Identifier: MIT
#include "gradus/lab/data/source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/lab/data/real.hpp"
#include "src/lab/data/arguments.hpp"

namespace gradus {
namespace {

using Kind = ParameterKind;

constexpr ParameterSpec kShuffle{"no-shuffle", Kind::flag, "", "keep the samples in order, class by class"};
constexpr ParameterSpec kNoise{"noise", Kind::number, "", "standard deviation of normal noise; none unless given"};
constexpr ParameterSpec kSeed{"seed", Kind::count, "0", "of the random stream, 0 to 4294967295"};

Dataset blobs(const Arguments& arguments, RandomState& random) {
  return make_blobs({.samples = arguments.counts("samples"),
                     .features = arguments.if_given("features", &Arguments::count),
                     .centers = arguments.centers("centers"),
                     .cluster_std = arguments.numbers("cluster-std"),
                     .center_box = arguments.if_given("center-box", &Arguments::range),
                     .shuffle = !arguments.flag("no-shuffle")},
                    random);
}

Dataset moons(const Arguments& arguments, RandomState& random) {
  return make_moons({.samples = arguments.counts("samples"),
                     .shuffle = !arguments.flag("no-shuffle"),
                     .noise = arguments.optional_number("noise")},
                    random);
}

Dataset circles(const Arguments& arguments, RandomState& random) {
  return make_circles({.samples = arguments.counts("samples"),
                       .shuffle = !arguments.flag("no-shuffle"),
                       .noise = arguments.optional_number("noise"),
                       .factor = arguments.number("factor")},
                      random);
}

Dataset spirals(const Arguments& arguments, RandomState& random) {
  return make_spirals({.samples = arguments.counts("samples"),
                       .arms = arguments.count("arms"),
                       .turns = arguments.number("turns"),
                       .shuffle = !arguments.flag("no-shuffle"),
                       .noise = arguments.optional_number("noise")},
                      random);
}

Dataset exclusive_or(const Arguments& arguments, RandomState& random) {
  return make_xor({.samples = arguments.count("samples"), .noise = arguments.optional_number("noise")}, random);
}

Dataset gaussian(const Arguments& arguments, RandomState& random) {
  return make_gaussian({.samples = arguments.count("samples"),
                        .range = arguments.range("range"),
                        .noise = arguments.optional_number("noise")},
                       random);
}

using Make = Dataset (*)(const Arguments&, RandomState&);

struct Table {
  std::vector<MakerSpec> specs;
  std::vector<Make> functions;

  void add(Make make, std::string_view name, std::string_view help, std::vector<ParameterSpec> parameters) {
    parameters.push_back(kSeed);
    specs.push_back({name, help, std::move(parameters)});
    functions.push_back(make);
  }
};

Table all_makers() {
  Table t;
  t.add(blobs, "blobs", "normal clouds around centres, one a class",
        {{"samples", Kind::counts, "100", "in all, or of each cloud"},
         {"features", Kind::count, "2", "of drawn centres"},
         {"centers", Kind::centers, "", "how many to draw (3 unless samples is a list), or the centres themselves"},
         {"cluster-std", Kind::numbers, "1", "standard deviation, of all clouds or of each"},
         {"center-box", Kind::range, "[-10,10]", "where centres are drawn"},
         kShuffle});
  t.add(moons, "moons", "two half circles that interlock",
        {{"samples", Kind::counts, "100", "in all, or of the upper and the lower moon"}, kNoise, kShuffle});
  t.add(circles, "circles", "a circle within another",
        {{"samples", Kind::counts, "100", "in all, or of the outer and the inner circle"},
         {"factor", Kind::number, "0.8", "radius of the inner circle, the outer being 1"},
         kNoise,
         kShuffle});
  t.add(spirals, "spirals", "arms wound around the origin, one a class",
        {{"samples", Kind::counts, "200", "in all, or of each arm"},
         {"arms", Kind::count, "2", "how many"},
         {"turns", Kind::number, "1.5", "of each arm"},
         kNoise,
         kShuffle});
  t.add(exclusive_or, "xor", "the four corners of a square, opposite ones of one class",
        {{"samples", Kind::count, "4", "the corners over and over"}, kNoise});
  t.add(gaussian, "gaussian", "the curve exp(-x^2), a regression",
        {{"samples", Kind::count, "500", "evenly spaced"}, {"range", Kind::range, "[-5,5]", "of x"}, kNoise});
  return t;
}

const Table& table() {
  static const Table table = all_makers();
  return table;
}

std::vector<std::string> maker_names() {
  std::vector<std::string> names;
  for (const MakerSpec& spec : makers()) names.emplace_back(spec.name);
  return names;
}

const MakerSpec* lookup(std::string_view name) {
  const auto found = std::find_if(makers().begin(), makers().end(), [&](auto& spec) { return spec.name == name; });
  return found == makers().end() ? nullptr : &*found;
}

/// `name:...` can only be meant as a maker; a path has a dot or a slash before its colon.
bool looks_like_maker(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.substr(0, colon).find_first_of("./") == std::string_view::npos;
}

}  // namespace

std::span<const MakerSpec> makers() { return table().specs; }

const MakerSpec& find_maker(std::string_view name) {
  if (const MakerSpec* spec = lookup(name)) return *spec;
  throw ValueError(fmt::format("[data] unknown maker of data {}{}", in_quotes(name), suggestion(name, maker_names())));
}

std::string source_text(std::string_view maker, const Parameters& parameters) {
  std::string text(maker);
  char separator = ':';
  for (const auto& [name, value] : parameters) {
    const bool list = value.find_first_of(",;") != std::string::npos && !value.starts_with('[');
    text += separator + name;
    if (!value.empty()) text += list ? "=[" + value + "]" : "=" + value;
    separator = ',';
  }
  return text;
}

Dataset make_dataset(std::string_view maker, const Parameters& parameters) {
  return make_dataset(source_text(find_maker(maker).name, parameters));
}

Dataset make_dataset(const std::string& text) {
  if (text == "iris") return load_iris();
  if (text == "digits") return load_digits();
  const std::string_view name = std::string_view(text).substr(0, text.find(':'));
  const MakerSpec* spec = lookup(name);
  if (!spec)
    throw ParseError("data", text, 0,
                     fmt::format("unknown data {}{}", in_quotes(name), suggestion(name, data_names())));
  const Arguments arguments(*spec, text);
  RandomState random(arguments.seed());
  return table().functions[static_cast<std::size_t>(spec - makers().data())](arguments, random);
}

std::vector<std::string> data_names() {
  std::vector<std::string> names = maker_names();
  names.insert(names.begin(), {"iris", "digits"});
  return names;
}

bool is_file(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  return !text.empty() && !lookup(name) && text != "iris" && text != "digits" && !looks_like_maker(text);
}

}  // namespace gradus
