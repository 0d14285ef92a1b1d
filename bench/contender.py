# SPDX-License-Identifier: MIT
"""The same as contender.hpp, for contenders written in Python."""

import os
import sys
import time
from pathlib import Path

import numpy as np


def load(name, dtype=np.float64):
    """x (rows, features) and labels, as run.py wrote them."""
    raw = (Path(os.environ["GRADUS_BENCH_DATA"]) / f"{name}.bin").read_bytes()
    rows, features, classes = np.frombuffer(raw, np.int64, 3)
    x = np.frombuffer(raw, np.float64, rows * features, 24).reshape(rows, features)
    labels = np.frombuffer(raw, np.int64, rows, 24 + 8 * rows * features)
    return x.astype(dtype), labels.copy(), int(classes)


class Run:
    """A workload set up: `work(items)`, the units of an item, the items before the score is taken, and the score."""

    def __init__(self, work, units=1.0, learn=0, score=lambda: float("nan")):
        self.work, self.units, self.learn, self.score = work, units, learn, score


def timed(run, items):
    start = time.perf_counter()
    run.work(items)
    return time.perf_counter() - start


def serve(start):
    """`start(workload, single, threads)` gives a Run, or None where there is none."""
    standing = {}
    for line in sys.stdin:
        workload, precision, threads, wanted = line.split()
        if precision not in ("float32", "float64"):
            print("absent", flush=True)  # and not float64 in its place
            continue
        task = (workload, precision == "float32", int(threads))
        if task not in standing:
            run = start(*task)
            if run is None:
                standing[task] = None
            else:
                run.work(run.learn)
                score = run.score()
                items, seconds = 1, timed(run, 1)
                while seconds < float(wanted) / 10:
                    items *= 4
                    seconds = timed(run, items)
                standing[task] = (run, score, seconds / items)
        if standing[task] is None:
            print("absent", flush=True)
            continue
        run, score, each = standing[task]
        items = max(1, round(float(wanted) / each))
        print(f"{items * run.units / timed(run, items):.17g} {score:.17g}", flush=True)
