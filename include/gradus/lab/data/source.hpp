// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/lab/data/table.hpp"

namespace gradus {

/// What a parameter of a maker holds, and so how its text is read.
enum class ParameterKind {
  count,    ///< a whole number: 500
  counts,   ///< one, or a list: 500 or [100,200]
  number,   ///< 0.2
  numbers,  ///< one, or a list: 1 or [1,2]
  centers,  ///< a whole number, or rows of a matrix: 3 or [0,0;3,3]
  range,    ///< two numbers: [-10,10]
  flag      ///< present or not: no-shuffle
};

struct ParameterSpec {
  std::string_view name;
  ParameterKind kind;
  std::string_view fallback;  ///< the text it has unless given; empty: absent
  std::string_view help;
};

/// One maker of data sets as the command line, a maker's text and an experiment file know it. Every maker also has
/// `seed`.
struct MakerSpec {
  std::string_view name;
  std::string_view help;
  std::vector<ParameterSpec> parameters;
};

/// All makers, in the order in which help lists them.
std::span<const MakerSpec> makers();
/// Throws ValueError that lists the names, with the nearest to an unknown one.
const MakerSpec& find_maker(std::string_view name);

/// Parameter texts by name, as in a maker's text; a flag holds an empty text or `true`, or `false` for its absence.
/// Lists need no brackets here: {"cluster-std", "1,2"}.
using Parameters = std::map<std::string, std::string>;

/// The text of a maker and its parameters, `circles:factor=0.4,noise=0.2`: what `load_data` reads.
std::string source_text(std::string_view maker, const Parameters& parameters);

/// The data set that a maker gives; its random stream starts at `seed` (0 unless given). Throws ParseError on a
/// parameter that is unknown to this maker or cannot be read, ValueError on one that the maker cannot use.
Dataset make_dataset(std::string_view maker, const Parameters& parameters);

/// The same from a text, or a real set by its name: `circles:samples=500,noise=0.2,factor=0.4,seed=7`, `moons`, `iris`,
/// `digits`. Lists stand in brackets, rows of a matrix between semicolons: `blobs:centers=[0,0;3,3],cluster-std=[1,2]`.
Dataset make_dataset(const std::string& text);

/// The names of the real sets and of the makers.
std::vector<std::string> data_names();

/// Whether a text names a file, rather than a maker or a real set. A file of such a name is reached by a path,
/// `./iris`.
bool is_file(std::string_view text);

/// The data that a text names: a file (.npy by its ending, or else CSV), for which the options are, or what
/// `make_dataset` makes of it. Throws ParseError, ValueError or FileError.
Dataset load_data(const std::string& text, const TableOptions& options = {});
/// The same, with words on how a file was read.
Reading read_data(const std::string& text, const TableOptions& options = {});

/// Writes a file that `load_data` reads: .npy by its ending, or else CSV. The first holds numbers only, without names.
/// Throws FileError if it cannot be written.
void save_data(const Dataset& data, const std::string& path);

}  // namespace gradus
