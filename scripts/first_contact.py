# SPDX-License-Identifier: MIT
"""What the bare command reaches, beside scikit-learn: writes docs/first_contact.md.

    python3 scripts/first_contact.py build/release/gradus > docs/first_contact.md

For each data set `gradus train DATA --seed S` alone, S from 0 to 9: it proposes the network, holds a fifth of the samples
out and says how it does on them. Beside it, on the same rows (scikit-learn's train_test_split draws them from the same
seed), with a StandardScaler: the better of LogisticRegression and MLPClassifier, or MLPRegressor, of scikit-learn with its
defaults. Needs NumPy and scikit-learn.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEEDS = range(10)
MADE = ["xor", "moons", "circles", "spirals", "blobs", "iris", "digits"]
HARDER = ["moons:samples=400,noise=0.2", "circles:samples=500,noise=0.2,factor=0.4", "spirals:samples=600,noise=0.1"]


def prices(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Flats: 300 prices of 1e5 by area, rooms, year and distance."""
    area, rooms = random.uniform(30, 180, 300), random.randint(1, 7, 300)
    year, distance = random.randint(1900, 2025, 300), random.exponential(5, 300)
    price = 2500 * area + 8e3 * rooms + 400 * (year - 1900) - 4e3 * distance + 40 * area * rooms
    return np.column_stack([area, rooms, year, distance]), np.round(price + 2e4 * random.randn(300))


def counts(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """400 counts of Poisson, whose logarithm's mean is linear."""
    x = random.rand(400, 3) * 4
    return x, random.poisson(np.exp(1 + 0.5 * x[:, 0] - 0.3 * x[:, 1]))


def write(path: pathlib.Path, x: np.ndarray, y: np.ndarray) -> None:
    names = [f"a{j}" for j in range(x.shape[1])] + ["answer"]
    rows = (",".join([*(repr(float(v)) for v in row), str(t)]) for row, t in zip(x, y, strict=True))
    path.write_text("\n".join([",".join(names), *rows]) + "\n")


def table(path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    rows = [line.split(",") for line in path.read_text().split("\n")[1:] if line]
    return np.array([[float(v) for v in row[:-1]] for row in rows]), np.array([row[-1] for row in rows])


def theirs(x: np.ndarray, y: np.ndarray, classes: bool, seed: int) -> list[float]:
    if len(y) < 20:  # nothing is held out
        train, test = (x, y), (x, y)
    else:
        a, b, c, d = train_test_split(x, y, test_size=0.2, random_state=seed, stratify=y if classes else None)
        train, test = (a, c), (b, d)
    models = [MLPRegressor(random_state=seed)]
    if classes:
        models = [LogisticRegression(max_iter=1000), MLPClassifier(random_state=seed)]
    return [make_pipeline(StandardScaler(), model).fit(*train).score(*test) for model in models]


def ours(program: str, folder: pathlib.Path, data: str, seed: int, *more: str) -> tuple[float, dict]:
    run = subprocess.run([program, "train", data, *more, "--seed", str(seed), "--json", "-o", "m.model", "--force"],
                         cwd=folder, capture_output=True, text=True)  # fmt: skip
    if run.returncode != 0:
        raise SystemExit(f"{data}, seed {seed}: {run.stderr}")
    report = json.loads(run.stdout)
    scores = report["test"] or report["train"]
    return scores["accuracy" if report["task"] == "classification" else "r2"], report


def main() -> None:
    program = str(pathlib.Path(sys.argv[1]).resolve())
    warnings.simplefilter("ignore")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    print("# First contact: the bare command\n")
    print("`gradus train DATA` alone, the median of seeds 0 to 9 on the fifth of the samples that it held out, beside the better of\n"
          "scikit-learn's LogisticRegression and MLPClassifier (MLPRegressor for numbers), with a StandardScaler and their defaults, on the\n"
          "same rows. Written by `python3 scripts/first_contact.py build/release/gradus > docs/first_contact.md`; "
          f"{version}, scikit-learn {sklearn.__version__}.\n")  # fmt: skip
    print("| data | task | gradus | scikit-learn | what was chosen (seed 0) |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        random = np.random.RandomState(0)
        sets = {source: source for source in MADE + HARDER}
        for called, (x, y) in {"wine": load_wine(return_X_y=True), "breast cancer": load_breast_cancer(return_X_y=True),
                               "diabetes": load_diabetes(return_X_y=True, scaled=False), "prices": prices(random),
                               "counts": counts(random)}.items():  # fmt: skip
            file = f"{called.replace(' ', '-')}.csv"
            write(folder / file, x, y.astype(int))
            sets[called] = file
        short = []
        for called, source in sets.items():
            got = [ours(program, folder, source, seed) for seed in SEEDS]
            if not source.endswith(".csv"):
                made, _, parameters = source.partition(":")
                flags = [word for p in parameters.split(",") if p for word in ("--" + p).split("=")]
                subprocess.run(
                    [program, "data", made, *flags, "-o", "made.csv", "--force", "-q"], cwd=folder, check=True
                )
            x, y = table(folder / (source if source.endswith(".csv") else "made.csv"))
            classes = got[0][1]["task"] == "classification"
            scores = [theirs(x, y if classes else y.astype(float), classes, seed) for seed in SEEDS]
            expected = max(statistics.median(model) for model in zip(*scores, strict=True))
            median = statistics.median(score for score, _ in got)
            if median < expected - 0.01:
                short.append(called)
            kind = f"{len(set(y))} classes, accuracy" if classes else "numbers, R2"
            print(f"| {called} | {kind} | {median:.3f} | {expected:.3f} | `{got[0][1]['chosen']}` |", flush=True)
        given = ["--network", "2-16tanh-2softmax"]
        circles = [ours(program, folder, "circles", seed, *given)[0] for seed in SEEDS]
    print(
        f"\n`gradus train circles {' '.join(given)}` and nothing else: median {statistics.median(circles):.3f}, least "
        f"{min(circles):.3f}, on the samples learned from."
    )
    print(
        "\n" + (f"More than 0.01 below: {', '.join(short)}." if short else "None is more than 0.01 below scikit-learn.")
    )


if __name__ == "__main__":
    main()
