#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/faults/library.cpp says what is tried. Not among the tests yet: where an allocation fails while nlohmann-json
# 3.11.2 makes an object, its cleaning up ends the process (saving a model that has a scaler), before anything of ours
# is asked. Run with GRADUS_INTERPOSER and GRADUS_FAULTS set to build/release/tests/libgradus_interposer.so and
# build/release/tests/gradus_faults.
LD_PRELOAD="$GRADUS_INTERPOSER" exec "$GRADUS_FAULTS"
