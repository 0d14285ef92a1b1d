// SPDX-License-Identifier: MIT
#pragma once

#include "apps/gradus/files.hpp"

/// The kinds of files that commands write. A test walks all outputs of all commands and holds that each knows its own.
namespace gradus::cli {

/// By its own entries in the header; another program's weights in the same format are no model.
extern const FileKind model_kind;
/// By the line that opens it.
extern const FileKind experiment_kind;
/// SVG, PNG or PDF, by the mark that `save_figure` leaves in it.
extern const FileKind figure_kind;
/// A page of a report.
extern const FileKind report_kind;
/// `results.csv` of a sweep.
extern const FileKind results_kind;
/// `results.json` of the studies.
extern const FileKind study_numbers_kind;
/// What `gradus data` writes, which carries no mark: .npy by its padding; CSV by numbers of 17 digits, as hardly
/// anything else is written with, or by being a real set or xor without noise.
extern const FileKind data_kind;
/// What `gradus export` wrote: ONNX by the producer it names, weights by their own entry in the header.
extern const FileKind exported_kind;
/// What `gradus compare` writes: a page, a picture or a table.
extern const FileKind comparison_kind;
/// Every number of a pass, from `gradus explain`, by its title.
extern const FileKind explanation_kind;
/// What `gradus predict` writes: CSV by its header, or by numbers of 17 digits alone.
extern const FileKind predictions_kind;
/// The laboratory as a page, by the generator that it names.
extern const FileKind page_kind;

/// Every figure that `--figures` may draw.
std::vector<FileInFolder> figures_in_folder();

}  // namespace gradus::cli
