#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/faults/library.cpp says what is tried. Not among the tests yet: where the system refuses to say what sweep/results.csv
# is, the error that comes out of the library is the standard library's filesystem_error, not one of ours. Run with
# GRADUS_INTERPOSER and GRADUS_FAULTS set to build/release/tests/libgradus_interposer.so and
# build/release/tests/gradus_faults.
LD_PRELOAD="$GRADUS_INTERPOSER" exec "$GRADUS_FAULTS"
