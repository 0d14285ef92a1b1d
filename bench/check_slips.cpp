// SPDX-License-Identifier: MIT
// Which wrong gradients are seen, in which way of checking: every kind of fault (check/fault.hpp) at every place where
// it fits, in networks of every layer, in both precisions; and chains of 1 to 60 layers, recurrent ones of 1 to 100
// steps.
//
//     build/release/bench/check_slips        # Markdown
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>

#include "gradus/check/network_check.hpp"
#include "tests/check/cases.hpp"

namespace {

using namespace gradus;
using testing_cases::Case;

enum Way { full, narrow, fast, taylor, kWays };
constexpr std::array<const char*, kWays> kWayNames{"full", "float32", "fast", "Taylor"};

struct Tally {
  int faults = 0;
  std::array<int, kWays> found{};
  std::array<int, 3> placed{};  // full, float32, fast: the layer accused is the one
  std::array<int, 3> named{};
};

struct Table {
  std::string heading;
  std::map<std::string, Tally> rows{};
  Tally all{};
};

bool is_placed(const std::vector<Diagnosis>& diagnoses, const PlantedFault& planted) {
  return !diagnoses.empty() && diagnoses.front().layer == planted.place.layer;
}

bool taylor_finds(const CheckSubject& s, const PlantedFault& planted) {
  for (const TaylorCheck& check : check_network_taylor(s, 1, planted))
    if (check.verdict() == GradientVerdict::wrong) return true;
  return false;
}

Tally look_at(const CheckSubject& s, const PlantedFault& planted) {
  const GradientCheckOptions quick{.complex = false, .plain = false};
  const GradientCheck checked = check_network(s, quick, planted);
  const GradientCheck checked_float = check_network_float(s, quick, planted);
  const FastCheck along = check_network_fast(s, 1, planted);
  GradientCheck of_fast;
  of_fast.diagnoses = along.diagnoses;
  Tally tally{.faults = 1};
  tally.found = {checked.verdict() == GradientVerdict::wrong, checked_float.verdict() == GradientVerdict::wrong,
                 along.verdict() == GradientVerdict::wrong, taylor_finds(s, planted)};
  tally.placed = {is_placed(checked.diagnoses, planted), is_placed(checked_float.diagnoses, planted),
                  is_placed(along.diagnoses, planted)};
  tally.named = {is_named(checked, planted), is_named(checked_float, planted), is_named(of_fast, planted)};
  return tally;
}

void add(Tally& to, const Tally& tally) {
  to.faults += tally.faults;
  for (std::size_t k = 0; k < kWays; ++k) to.found[k] += tally.found[k];
  for (std::size_t k = 0; k < 3; ++k) to.placed[k] += tally.placed[k];
  for (std::size_t k = 0; k < 3; ++k) to.named[k] += tally.named[k];
}

/// The faults that show, all of them or so many spread evenly over the network.
template <class Row>
void plant_in(const Case& made, Table& table, Row row, std::size_t most = 1'000'000) {
  const CheckSubject s{made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
  std::vector<PlantedFault> faults = faults_of(s.network, s.loss, s.targets);
  std::erase_if(faults, [&](const PlantedFault& planted) { return !shows(planted, s); });
  const std::size_t count = std::min(most, faults.size());
  for (std::size_t k = 0; k < count; ++k) {
    const PlantedFault& planted = faults[k * faults.size() / count];
    const Tally tally = look_at(s, planted);
    add(table.rows[row(planted)], tally);
    add(table.all, tally);
  }
}

void print_row(const std::string& name, const Tally& t) {
  std::printf("%s\n", fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |", name, t.faults,
                                  t.found[full], t.found[narrow], t.found[fast], t.found[taylor], t.placed[0],
                                  t.placed[1], t.placed[2], t.named[0], t.named[1], t.named[2])
                          .c_str());
}

void print(const Table& table) {
  std::printf("| %s | faults |", table.heading.c_str());
  for (const char* way : kWayNames) std::printf(" found: %s |", way);
  for (const char* what : {"placed", "named"})
    for (const char* way : {"full", "float32", "fast"}) std::printf(" %s: %s |", what, way);
  std::printf("\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, tally] : table.rows) print_row(name, tally);
  print_row("all", table.all);
  std::printf("\n");
  std::fflush(stdout);
}

Case chain(const std::string& text, Index samples, Index steps) {
  RandomState random(5);
  Case made = testing_cases::make_case(text, parse_network(text), {CrossEntropy{}}, samples, steps, random);
  made.theta = initial_parameters(made.network, {}, random);
  return made;
}

}  // namespace

int main() {
  constexpr std::size_t kAtADepth = 50;
  Table kinds{"fault"};
  for (const Case& made : testing_cases::fault_cases())
    plant_in(made, kinds, [](const PlantedFault& planted) { return std::string(name(planted.kind)); });
  print(kinds);
  Table depths{"depth"};
  for (const int depth : {1, 3, 10, 20, 60}) {
    std::string text = "3";
    for (int l = 0; l < depth; ++l) text += "-4tanh";
    plant_in(
        chain(text + "-3softmax", 3, 1), depths,
        [&](const PlantedFault&) { return fmt::format("{:3} tanh layers", depth); }, kAtADepth);
  }
  for (const char* unit : {"elman", "gru", "lstm"})
    for (const Index steps : {1, 10, 32, 100})
      plant_in(
          chain(fmt::format("seq2-3{}-3softmax", unit), 2, steps), depths,
          [&](const PlantedFault&) { return fmt::format("{} of {:3} steps", unit, steps); }, kAtADepth);
  print(depths);
}
