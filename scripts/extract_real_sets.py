#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes data/iris.csv and data/digits.csv from the copies in Debian's python3-sklearn (see data/README.md)."""

import pathlib

from sklearn.datasets import load_digits, load_iris

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data"


def write(name, bunch, number):
    rows = [",".join([*bunch.feature_names, "label"])]
    for x, label in zip(bunch.data, bunch.target):
        rows.append(",".join([*map(number, x), str(bunch.target_names[label])]))
    (FOLDER / name).write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


write("iris.csv", load_iris(), lambda v: repr(float(v)))
write("digits.csv", load_digits(), lambda v: str(int(v)))
