// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/data/dataset.hpp"

namespace gradus {

/// Data sets that come with the library, compiled in; sources and licences in data/README.md.

/// 150 irises of three species (setosa, versicolor, virginica): sepal and petal, length and width in cm (Fisher 1936).
Dataset load_iris();

/// 1797 handwritten digits as 8 x 8 counts of ink from 0 to 16, row by row (Alpaydin and Kaynak 1998).
Dataset load_digits();

}  // namespace gradus
