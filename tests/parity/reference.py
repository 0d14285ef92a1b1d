#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What NumPy and scikit-learn give, as JSON for the C++ tests: reference.py random|makers|splits|scalers.

The settings are drawn here from a fixed seed; every float is written in hexadecimal, so that no bit is lost.
"""

import itertools
import json
import random as python_random
import sys
import warnings

import numpy as np
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

SETTINGS = 200
draw = python_random.Random(20240607)


def exact(values):
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return [float(v).hex() for v in array.ravel()]
    return [int(v) for v in array.ravel()]


def number_list(values, separator=","):
    return "[" + separator.join(repr(v) for v in values) + "]"


# ---------------------------------------------------------------------------------------------- RandomState
def state_of(random):
    _, key, position, has_gauss, gauss = random.get_state()
    return {"key": exact(key), "position": position, "gauss": float(gauss).hex() if has_gauss else None}


def random_step(random):
    """One call of a random method: its name, its arguments and what it gives."""
    method = draw.choice(
        [
            "random_sample",
            "uniform",
            "standard_normal",
            "normal",
            "randint",
            "shuffle",
            "shuffle_rows",
            "permutation",
            "choice",
            "choice_p",
            "seed",
        ]
    )
    n = draw.choice([0, 1, 2, 3, 7, 13])
    step = {"method": method, "n": n}
    if method == "random_sample":
        step["values"] = exact(random.random_sample(n))
    elif method == "uniform":
        low = draw.uniform(-1e3, 1e3)
        high = low + draw.choice([0.0, 1.0, draw.uniform(0, 1e6)])
        step |= {"low": low.hex(), "high": high.hex(), "values": exact(random.uniform(low, high, n))}
    elif method == "standard_normal":
        step["values"] = exact(random.standard_normal(n))
    elif method == "normal":
        loc, scale = draw.uniform(-10, 10), draw.choice([0.0, draw.uniform(0, 5)])
        step |= {"loc": loc.hex(), "scale": scale.hex(), "values": exact(random.normal(loc, scale, n))}
    elif method == "randint":
        width = draw.choice(
            [1, 2, 3, 10, 2**16, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**40 + 7, 2**62, 2**63, draw.randrange(1, 2**63)]
        )
        low = draw.choice([0, -(2**63), -(width // 2)])
        step |= {"low": low, "high": low + width if low + width < 2**63 else 2**63 - 1}
        step["values"] = exact(random.randint(step["low"], step["high"], n, dtype=np.int64))
    elif method == "shuffle":
        values = np.arange(n)
        random.shuffle(values)
        step["values"] = exact(values)
    elif method == "shuffle_rows":
        values = np.arange(2 * n).reshape(n, 2)
        random.shuffle(values)
        step["values"] = exact(values)
    elif method == "permutation":
        step["values"] = exact(random.permutation(n))
    elif method == "choice":
        size, replace = draw.randint(0, n), draw.random() < 0.5
        step |= {"size": size, "replace": replace}
        step["values"] = exact(random.choice(n, size, replace=replace)) if n else []
    elif method == "choice_p":
        n = max(n, 1)
        p = np.array([draw.random() * draw.choice([0, 1, 1]) for _ in range(n)]) + 1e-3 * (np.arange(n) == n // 2)
        p /= p.sum()
        replace = draw.random() < 0.5
        size = draw.randint(0, 2 * n if replace else int(np.count_nonzero(p)))
        step |= {"p": exact(p), "size": size, "replace": replace, "values": exact(random.choice(n, size, replace, p))}
    elif method == "seed":
        step["seed"] = draw.choice([0, 1, 42, 2**32 - 1, draw.randrange(2**32)])
        random.seed(step["seed"])
    return step


def random_reference():
    runs = []
    for _ in range(SETTINGS):
        seed = draw.choice([0, 7, 42, 2**31, 2**32 - 1, draw.randrange(2**32)])
        random = np.random.RandomState(seed)
        steps = [random_step(random) for _ in range(12)]
        runs.append({"seed": seed, "steps": steps, "state": state_of(random)})
    return runs


# ---------------------------------------------------------------------------------------------- makers
def counts(classes):
    return [draw.randint(0, 20) for _ in range(classes - 1)] + [draw.randint(1, 20)]


def add_common(options, words, noise):
    if draw.random() < 0.3:
        options["shuffle"] = False
        words.append("no-shuffle")
    if noise and draw.random() < 0.7:
        options["noise"] = draw.choice([0.0, 0.1, draw.uniform(0, 2)])
        words.append(f"noise={options['noise']!r}")


def blobs_setting(options, words):
    classes, features = draw.randint(1, 5), draw.randint(1, 4)
    listed = draw.random() < 0.3
    given = draw.random() < 0.3
    if listed:
        options["n_samples"] = counts(classes)
        words.append("samples=" + number_list(options["n_samples"]))
    elif draw.random() < 0.9:
        options["n_samples"] = draw.randint(1, 60)
        words.append(f"samples={options['n_samples']}")
    if given:
        options["centers"] = [[draw.uniform(-9, 9) for _ in range(features)] for _ in range(classes)]
        words.append("centers=[" + ";".join(",".join(map(repr, row)) for row in options["centers"]) + "]")
    else:
        options["n_features"] = features
        words.append(f"features={features}")
        if not listed and draw.random() < 0.7:
            options["centers"] = classes
            words.append(f"centers={classes}")
        elif not listed:
            classes = 3
        if draw.random() < 0.5:
            low = draw.uniform(-20, 0)
            options["center_box"] = (low, low + draw.choice([0.0, draw.uniform(-30, 30)]))
            words.append("center-box=" + number_list(options["center_box"]))
    if draw.random() < 0.6:
        many = draw.random() < 0.5
        options["cluster_std"] = [draw.uniform(0, 3) for _ in range(classes)] if many else draw.uniform(0, 3)
        words.append("cluster-std=" + (number_list(options["cluster_std"]) if many else repr(options["cluster_std"])))
    add_common(options, words, noise=False)


def rings_setting(options, words, factor):
    if draw.random() < 0.3:
        options["n_samples"] = tuple(counts(2))
        words.append("samples=" + number_list(options["n_samples"]))
    elif draw.random() < 0.9:
        options["n_samples"] = draw.randint(1, 60)
        words.append(f"samples={options['n_samples']}")
    if factor and draw.random() < 0.8:
        options["factor"] = draw.choice([0.0, 0.4, draw.random()])
        words.append(f"factor={options['factor']!r}")
    add_common(options, words, noise=True)


def makers_reference():
    settings = []
    for i in range(SETTINGS):
        name, make = [("blobs", make_blobs), ("moons", make_moons), ("circles", make_circles)][i % 3]
        options, words = {}, []
        if name == "blobs":
            blobs_setting(options, words)
        else:
            rings_setting(options, words, factor=name == "circles")
        seed = draw.randrange(2**32)
        random = np.random.RandomState(seed)
        x, y = make(**options, random_state=random)
        text = f"{name}:" + ",".join([*words, f"seed={seed}"])
        settings.append({"text": text, "rows": x.shape[0], "cols": x.shape[1], "x": exact(x), "labels": exact(y)})
    spaces = []
    for start, stop, n, endpoint in itertools.product(
        [0.0, -5.0, 1e-300], [np.pi, 5.0, 1e-300], range(0, 40, 3), [True, False]
    ):
        values = np.linspace(start, stop, n, endpoint=endpoint)
        spaces.append(
            {"start": start.hex(), "stop": float(stop).hex(), "n": n, "endpoint": endpoint, "values": exact(values)}
        )
    x = np.linspace(-5, 5, 500)
    return {"makers": settings, "linspace": spaces, "gaussian": {"x": exact(x), "y": exact(np.exp(-(x**2)))}}


# ---------------------------------------------------------------------------------------------- splits
def split_step(labels, random):
    """One split, or the name of the error that scikit-learn raises instead."""
    n = len(labels)
    kind = draw.choice(["plain", "stratified", "k_fold", "stratified_k_fold"])
    step = {"kind": kind}
    try:
        if kind in ("plain", "stratified"):
            size = draw.choice([0.4, 0.25, 0.2, draw.uniform(0.02, 0.98), draw.randint(1, max(1, n - 1))])
            step["test_size"] = float(size).hex()
            parts = [
                train_test_split(
                    np.arange(n), test_size=size, random_state=random, stratify=labels if kind == "stratified" else None
                )
            ]
        else:
            step["folds"], step["shuffle"] = draw.randint(2, 7), draw.random() < 0.7
            make = KFold if kind == "k_fold" else StratifiedKFold
            folds = make(step["folds"], shuffle=step["shuffle"], random_state=random if step["shuffle"] else None)
            parts = list(folds.split(np.zeros(n), labels))
        step["splits"] = [[exact(train), exact(test)] for train, test in parts]
    except ValueError:
        step["splits"] = None
    return step


def splits_reference():
    settings = []
    for _ in range(SETTINGS):
        n, classes = draw.randint(2, 60), draw.randint(1, 5)
        labels = np.array([draw.randrange(classes) for _ in range(n)])
        seed = draw.randrange(2**32)
        random = np.random.RandomState(seed)
        steps = [split_step(labels, random)]
        while steps[-1]["splits"] is not None and len(steps) < 4:  # an error may leave the stream anywhere
            steps.append(split_step(labels, random))
        settings.append({"seed": seed, "labels": exact(labels), "steps": steps})
    return settings


# ---------------------------------------------------------------------------------------------- scalers
def scalers_reference():
    random = np.random.RandomState(0)
    sets = []
    for rows, cols in [
        (1, 1),
        (1, 3),
        (2, 1),
        (7, 1),
        (8, 1),
        (9, 1),
        (127, 1),
        (129, 1),
        (1000, 1),
        (5, 2),
        (37, 3),
        (500, 2),
        (211, 7),
    ]:
        x = random.normal(random.uniform(-50, 50), random.uniform(0.01, 30), (rows, cols))
        if cols > 1:
            x[:, 0] = 0.1  # a constant column: its mean is not exactly 0.1
        x_new = random.normal(0, 10, (5, cols))
        standard, min_max = StandardScaler().fit(x), MinMaxScaler().fit(x)
        sets.append(
            {
                "rows": rows,
                "cols": cols,
                "x": exact(x),
                "x_new": exact(x_new),
                "mean": exact(standard.mean_),
                "std": exact(standard.scale_),
                "standard": exact(standard.transform(x_new)),
                "min": exact(min_max.data_min_),
                "inverse_range": exact(min_max.scale_),
                "min_max": exact(min_max.transform(x_new)),
            }
        )
    return sets


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump(
        {
            "random": random_reference,
            "makers": makers_reference,
            "splits": splits_reference,
            "scalers": scalers_reference,
        }[sys.argv[1]](),
        sys.stdout,
    )
