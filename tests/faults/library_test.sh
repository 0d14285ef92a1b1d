#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/faults/library.cpp says what is tried.
LD_PRELOAD="$GRADUS_INTERPOSER" exec "$GRADUS_FAULTS"
