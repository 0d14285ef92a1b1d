// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "studies/lesson.hpp"

namespace gradus::studies {

/// A study that has been computed.
struct Computed {
  const Study* study;
  Lesson lesson;
  double seconds;  ///< of processor time, on one core
};

/// All numbers of the chosen studies, before anything is drawn.
struct Results {
  Json json;  ///< by document and name, as in tests/fixtures/seeds.json
  std::vector<Computed> lessons;
  double seconds = 0;  ///< all computing together
};

Results compute(const std::vector<const Study*>& studies);

/// What was written.
struct Book {
  std::string index;    ///< DIR/index.html
  std::string results;  ///< DIR/results.json
  std::size_t figures = 0;
  std::string problem;  ///< why figures are missing (gnuplot is not installed); empty if none is
};

/// Writes `folder`/index.html, results.json and figures/*.svg. `progress` is told of each figure before it is drawn:
/// its name, how many are done and how many there are. Throws FileError if the folder cannot be written.
Book write_book(const Results& results, const std::string& folder,
                const std::function<void(const std::string&, std::size_t, std::size_t)>& progress = {});

}  // namespace gradus::studies
