# SPDX-License-Identifier: MIT
"""Scikit-learn's perceptrons and Gradus's, in turns, in one process on one thread; the second part of `make bench`.

Each row is the best of many short repetitions of the one and the other alternately, in processor time, so that other
programs count as little as may be. `--quick` repeats less and leaves out the grid search; `--record` renews the table of
docs/sklearn.md.
"""

import argparse
import subprocess
import sys
import time
import warnings
from pathlib import Path

import gradus.sklearn as ours
import numpy as np
import sklearn.neural_network as theirs
from scipy.sparse import random_array
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits


def seconds(f):
    """Of the second of two calls: the first finds the caches as the other contender left them, after long work emptier."""
    f()
    start = time.process_time()
    f()
    return time.process_time() - start


def in_turns(their, our, repetitions):
    """The best of both, in seconds."""
    pairs = [(seconds(their), seconds(our)) for _ in range(repetitions)]
    return tuple(min(times) for times in zip(*pairs))


def fits(name, X, y, **settings):
    """The two fits to be timed."""
    models = [getattr(module, name)(random_state=0, **settings) for module in (theirs, ours)]
    return [lambda model=model: model.fit(X, y) for model in models]


def epochs(name, X, y, repetitions, few=1, many=12, **settings):
    """Seconds an epoch of both: the difference of a long and a short training."""
    times = []
    for count in (few, many):
        settings = {**settings, "max_iter": count, "n_iter_no_change": 10**6}
        times.append(in_turns(*fits(name, X, y, **settings), repetitions))
    return tuple((b - a) / (many - few) for a, b in zip(*times))


def ensembles(X, y, repetitions, **settings):
    """The fits of 32 seeds: a model for each, and one ensemble."""
    models = [theirs.MLPClassifier(random_state=seed, **settings) for seed in range(32)]
    ensemble = ours.MLPClassifier(random_state=0, n_seeds=32, **settings)
    return in_turns(lambda: [model.fit(X, y) for model in models], lambda: ensemble.fit(X, y), repetitions)


def predictions(X, y, rows, repetitions, **settings):
    models = [module.MLPClassifier(random_state=0, max_iter=5, **settings).fit(X, y) for module in (theirs, ours)]
    return in_turns(*(lambda model=model: model.predict(X[:rows]) for model in models), repetitions)


def sparse_samples(features, density):
    X = random_array((2000, features), density=density, format="csr", rng=np.random.default_rng(0))
    return X, np.arange(2000) % 3


def memory_bound(numbers, arrays, updates, repetitions):
    """Seconds to read so many numbers of each array and write them back, for each update."""
    memory = [np.ones(numbers) for _ in range(arrays)]
    return updates * min(seconds(lambda: [np.negative(a, out=a) for a in memory]) for _ in range(repetitions))


def sparse_rows(features, density, units, few, repetitions):
    X, y = sparse_samples(features, density)
    settings = {"hidden_layer_sizes": (units,)}
    descent = {**settings, "solver": "sgd", "momentum": 0}
    for dtype in (np.float64, np.float32):
        samples = X.astype(dtype), y
        what = f"sparse, {features} features of density {density}, {units} units, {np.dtype(dtype)}"
        row(f"{what}, an epoch", *epochs("MLPClassifier", *samples, few, many=3, **settings))
        row(f"{what}, descent, an epoch", *epochs("MLPClassifier", *samples, few, many=3, **descent))
        row(f"{what}, descent, alpha=0, an epoch", *epochs("MLPClassifier", *samples, few, many=3, **descent, alpha=0))
        row(f"{what}, predict, 2000 rows", *predictions(*samples, 2000, 2 * repetitions, **settings))
    # Adam moves weights and both moments at each of 10 updates, descent the weights.
    for solver, arrays in (("adam", 3), ("descent", 1)):
        bound = memory_bound(features * units, arrays, 10, repetitions)
        line(
            f"| what {solver} moves in memory in an epoch of these, float64: read and written back | | {bound * 1e3:.4g} | |"
        )


def grid_search():
    X, y = load_digits(return_X_y=True)
    grid = {
        "hidden_layer_sizes": [(25,), (50,), (100,), (50, 25)],
        "alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
        "learning_rate_init": [1e-3, 1e-2],
    }
    searches = [GridSearchCV(m.MLPClassifier(random_state=0, max_iter=20), grid, cv=3) for m in (theirs, ours)]
    return in_turns(*(lambda search=search: search.fit(X / 16, y) for search in searches), repetitions=1)


def import_seconds(module):
    """Of an import in a new process, without that of NumPy."""
    code = f"import numpy, time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs)


TABLE = []


def line(text):
    print(text, flush=True)
    TABLE.append(text)


def row(what, their, our):
    line(f"| {what} | {their * 1e3:.4g} | {our * 1e3:.4g} | {their / our:.1f} |")


def record():
    page = Path(__file__).resolve().parent.parent / "docs/sklearn.md"
    before, rest = page.read_text().split("<!-- measured -->\n")
    after = rest.split("<!-- end -->\n", 1)[1]
    page.write_text(f"{before}<!-- measured -->\n" + "\n".join(TABLE) + f"\n<!-- end -->\n{after}")


def measure(repetitions, with_grid):
    digits = load_digits(return_X_y=True)
    iris = load_iris(return_X_y=True)
    diabetes = load_diabetes(return_X_y=True)
    line("| what | scikit-learn, ms | Gradus, ms | ratio |")
    line("|---|---|---|---|")
    for dtype in (np.float32, np.float64):
        X = digits[0].astype(dtype)
        row(f"digits, defaults, an epoch, {X.dtype}", *epochs("MLPClassifier", X, digits[1], repetitions))
    for dtype in (np.float32, np.float64):
        X = iris[0].astype(dtype)
        for title, many, settings in (
            ("defaults", 200, {}),
            ("10 units", 200, {"hidden_layer_sizes": (10,)}),
            ("10 units, batches of 10", 40, {"hidden_layer_sizes": (10,), "batch_size": 10}),
            ("10 units, batches of 1, sgd", 6, {"hidden_layer_sizes": (10,), "batch_size": 1, "solver": "sgd"}),
        ):
            what = f"iris, {title}, an epoch, {X.dtype}"
            row(what, *epochs("MLPClassifier", X, iris[1], repetitions, many=many, **settings))
    row("iris, defaults, a whole fit", *in_turns(*fits("MLPClassifier", *iris), repetitions))
    row("iris, early stopping, a whole fit", *in_turns(*fits("MLPClassifier", *iris, early_stopping=True), repetitions))
    row("iris, lbfgs, a whole fit", *in_turns(*fits("MLPClassifier", *iris, solver="lbfgs"), repetitions))
    few = max(1, repetitions // 4)
    row("iris, 10 units, whole fits of 32 seeds", *ensembles(*iris, few, hidden_layer_sizes=(10,)))
    row("diabetes, defaults, an epoch", *epochs("MLPRegressor", *diabetes, repetitions, many=100))
    for rows in (1, 100, 1797):
        row(f"digits, predict, {rows} rows", *predictions(*digits, rows, 20 * repetitions))
    for features, density, units in ((50_000, 0.001, 10), (10_000, 0.005, 100)):
        sparse_rows(features, density, units, few, repetitions)
    if with_grid:
        row("digits, grid search of 40 candidates", *grid_search())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):
        measure(3 if arguments.quick else 12, not arguments.quick)
    print(f"\nimport gradus, beyond NumPy: {import_seconds('gradus'):.3f} s")
    if arguments.record:
        record()


if __name__ == "__main__":
    main()
