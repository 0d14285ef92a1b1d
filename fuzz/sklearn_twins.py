#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks scikit-learn's perceptrons and ours the same: random configurations, data and sequences of calls, a case a number.

    sklearn_twins.py --count 100000 --out build/sklearn_twins.jsonl    goes on where an earlier run of the file has stopped
    sklearn_twins.py --only 4711                                       shows one case

prints the table of what was different, and why. Exits with 1 if a difference is none that docs/sklearn.md names.
"""

import argparse
import collections
import io
import json
import pathlib
import pickle
import re
import sys
import warnings
from contextlib import contextmanager, nullcontext, redirect_stdout
from copy import copy
from unittest import mock

import gradus.sklearn as ours
import numpy as np
import sklearn.neural_network as theirs
from scipy.sparse import csc_matrix, csr_matrix, issparse
from sklearn.base import clone
from sklearn.neural_network._base import ACTIVATIONS, LOSS_FUNCTIONS

OLD = "loss" not in theirs.MLPRegressor().get_params()  # 1.6
# Each number is a sum of rounded terms, 10 epochs at most: 1e-8 is what users are promised. float32 has 24 bits.
TOLERANCE = {"d": 1e-8, "f": 1e-3}
# What is compared after each call.
SHOWN = [
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "_no_improvement_count",
    "n_outputs_",
    "n_layers_",
    "out_activation_",
    "n_features_in_",
    "classes_",
]


class Draw:
    """A case's choices, all from its number."""

    def __init__(self, number):
        self.random = np.random.RandomState(number)

    def one(self, *values):
        return values[self.random.randint(len(values))]

    def sometimes(self, odds):
        return self.random.random_sample() < odds


def samples_of(draw, n, features):
    X = draw.random.standard_normal((n, features)) * draw.one(1, 1, 1, 10, 300)
    if draw.sometimes(0.2):
        X[draw.random.random_sample(X.shape) < 0.6] = 0
    return X


def targets_of(draw, kind, n):
    if kind == "binary":
        return draw.random.randint(2, size=n)
    if kind == "multi-class":
        return np.array(["c", "a", "b"])[draw.random.randint(3, size=n)]
    if kind == "multi-label":
        return draw.random.randint(2, size=(n, 3))
    if kind == "poisson":
        return draw.random.poisson(3.0, n).astype(float)
    return draw.random.standard_normal((n, 3) if kind == "multi-output" else n)


def settings_of(draw, kind):
    options = {
        "hidden_layer_sizes": lambda: draw.one((), 4, (5,), (3, 1), [7, 3]),
        "activation": lambda: draw.one("identity", "logistic", "tanh", "relu"),
        "solver": lambda: draw.one("adam", "sgd", "lbfgs"),
        "alpha": lambda: draw.one(0, 0.01, 3),
        "batch_size": lambda: draw.one("auto", 1, 7, 1000),
        "learning_rate": lambda: draw.one("constant", "invscaling", "adaptive"),
        "learning_rate_init": lambda: draw.one(1e-4, 0.01, 0.1),
        "power_t": lambda: draw.one(0.2, 1),
        "shuffle": lambda: draw.one(True, False),
        "tol": lambda: draw.one(0, 1e-2, 1e9),
        "verbose": lambda: draw.one(True, False),
        "warm_start": lambda: draw.one(True, False),
        "momentum": lambda: draw.one(0, 0.5, 1),
        "nesterovs_momentum": lambda: draw.one(True, False),
        "early_stopping": lambda: draw.one(True, False),
        "validation_fraction": lambda: draw.one(0, 0.2, 0.5),
        "beta_1": lambda: draw.one(0, 0.5),
        "beta_2": lambda: draw.one(0, 0.9),
        "epsilon": lambda: draw.one(1e-8, 1),
        "n_iter_no_change": lambda: draw.one(1, 2, np.inf),
        "max_fun": lambda: draw.one(2, 1000),
    }
    chosen = {name: make() for name, make in options.items() if draw.sometimes(0.3)}
    chosen["max_iter"] = draw.one(1, 3, 10)
    chosen["random_state"] = draw.one(0, 1, "RandomState")
    if kind == "poisson" and not OLD:
        chosen["loss"] = "poisson"
    return chosen


CONVERT = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "list": lambda X: X.tolist(),
    "csr": csr_matrix,
    "csc": csc_matrix,
}


def rounded(numbers, random):
    """Each of them up to three roundings larger or smaller."""
    return (numbers * (1 + np.finfo(numbers.dtype).eps * random.randint(-3, 4, numbers.shape))).astype(numbers.dtype)


def shaken(make, random):
    """The class, with initial weights a few roundings away."""

    class Shaken(make):
        def _init_coef(self, fan_in, fan_out, dtype):
            return tuple(rounded(weights, random) for weights in super()._init_coef(fan_in, fan_out, dtype))

    return Shaken


@contextmanager
def shaken_functions(random):
    """Scikit-learn's tanh, logistic, softmax and exponential, a rounding larger or smaller: near 1 that is much of
    1 - y^2."""

    def with_roundings(name, function):
        def shake(X):
            function(X)
            X *= (1 + np.finfo(X.dtype).eps * random.randint(-1, 2, X.shape)).astype(X.dtype)
            if name != "exp":
                np.clip(X, -1, 1, out=X)

        return shake

    names = ("tanh", "logistic", "softmax", "exp")
    with mock.patch.dict(ACTIVATIONS, {name: with_roundings(name, ACTIVATIONS[name]) for name in names}):
        yield


class Case:
    """A configuration, data and a sequence of calls; `run` carries them out on one of the modules."""

    def __init__(self, number):
        draw = Draw(number)
        self.kind = draw.one("binary", "multi-class", "multi-label", "regression", "multi-output", "poisson")
        self.estimator = "MLPClassifier" if self.kind in ("binary", "multi-class", "multi-label") else "MLPRegressor"
        self.settings = settings_of(draw, self.kind)
        self.dtype = draw.one("d", "d", "f")
        self.layout = draw.one("rows", "rows", "columns", "list", "csr", "csc")
        n, features = draw.one(3, 10, 37, 64), draw.one(1, 2, 5)
        self.X, self.y = samples_of(draw, n, features), targets_of(draw, self.kind, n)
        self.weights = None
        if not OLD and draw.sometimes(0.3):
            low = draw.one(0.1, 0.1, -1)
            self.weights = draw.random.uniform(low, 2, n)
            if draw.sometimes(0.3):
                self.weights[draw.random.random_sample(n) < 0.5] = 0
        self.calls = [self._call(draw) for _ in range(draw.one(1, 2, 4))]
        if draw.sometimes(0.8):
            self.calls.insert(0, ("fit",))

    def _call(self, draw):
        kind = draw.one(
            "fit", "fit", "partial_fit", "partial_fit", "set_params", "pickle", "score", "nan", "edit", "clone"
        )
        return (kind, settings_of(draw, self.kind)) if kind == "set_params" else (kind,)

    def words(self):
        settings = ", ".join(f"{k}={v!r}" for k, v in self.settings.items())
        calls = ", ".join(f"{c[0]}({c[1] if len(c) > 1 else ''})" for c in self.calls)
        weights = "" if self.weights is None else f", weights from {self.weights.min():.2g}"
        return (
            f"{self.estimator}({settings}) on {self.kind} {self.X.shape} {self.dtype} {self.layout}{weights}: {calls}"
        )

    def run(self, module, shake=0):
        """What each call shows: a dict, or the kind of error. With `shake`, each sample and initial weight is multiplied by 1
        and some roundings, others for each `shake`."""
        settings = dict(self.settings)
        if settings["random_state"] == "RandomState":
            settings["random_state"] = np.random.RandomState(5)
        make = getattr(module, self.estimator)
        dense = self.X.astype(self.dtype)
        if shake:
            make, dense = shaken(make, np.random.RandomState(shake)), rounded(dense, np.random.RandomState(shake))
        with shaken_functions(np.random.RandomState(shake)) if shake else nullcontext():
            return self._calls(module, make(**settings), dense)

    def _calls(self, module, model, dense):
        X = CONVERT[self.layout](dense)
        shown = []
        for call in self.calls:
            printed = io.StringIO()
            with warnings.catch_warnings(record=True) as caught, redirect_stdout(printed), np.errstate(all="ignore"):
                warnings.simplefilter("always")
                try:
                    model = self._do(module, model, call, X)
                    found = {"warnings": sorted({str(w.message) for w in caught if w.category is not RuntimeWarning})}
                    found.update({name: copy(getattr(model, name)) for name in SHOWN if hasattr(model, name)})
                    found["printed"] = printed.getvalue()
                    if hasattr(model, "coefs_"):
                        found["predictions"] = model.predict(X)
                        found["outputs"] = (
                            model.predict_proba(X) if hasattr(model, "predict_proba") else found["predictions"]
                        )
                        found["types"] = [str(a.dtype) for a in (*model.coefs_, found["outputs"])]
                except Exception as error:
                    found = {"error": type(error).__name__, "words": str(error)}
            shown.append(found)
        return shown

    def _do(self, module, model, call, X):
        fit = {} if self.weights is None else {"sample_weight": self.weights}
        if call[0] == "fit":
            return model.fit(X, self.y, **fit)
        if call[0] == "partial_fit":
            first = (
                {} if hasattr(model, "coefs_") or self.estimator == "MLPRegressor" else {"classes": np.unique(self.y)}
            )
            return model.partial_fit(X, self.y, **fit, **first)
        if call[0] == "set_params":
            changes = {k: v for k, v in call[1].items() if k not in ("random_state", "hidden_layer_sizes")}
            return model.set_params(**changes)
        if call[0] == "pickle" and "<locals>" not in type(model).__qualname__:
            return pickle.loads(pickle.dumps(model))
        if call[0] == "clone":
            return clone(model)
        if call[0] == "score":
            model.score_ = model.score(X, self.y)
        elif call[0] == "nan":
            spoiled = X.copy() if issparse(X) else np.array(X)
            if issparse(X):
                spoiled.data[:1] = np.nan
            else:
                spoiled[0, 0] = np.nan
            model.predict(spoiled)
        elif call[0] == "edit" and hasattr(model, "coefs_"):
            model.coefs_[-1] = model.coefs_[-1] * 0.5
            model.intercepts_[-1][...] = 0.25
        return model


# --------------------------------------------------------------------------------------------------------- comparing


def distance(a, b):
    """The largest difference by the largest magnitude of finite numbers, or by 1e-6 where they are less; infinite if they are
    not of one shape, or not finite in other places."""
    a, b = np.atleast_1d(np.asarray(a, float)), np.atleast_1d(np.asarray(b, float))
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    finite = np.isfinite(a)
    if not finite.any():
        return 0.0
    return float(np.max(np.abs(a[finite] - b[finite])) / max(np.max(np.abs(a[finite])), 1e-6))


def distance_of_texts(a, b):
    """Of the numbers in them, less half a unit of the last digit; infinite if the words are others."""
    number = r"-?\d+\.\d+"
    if re.sub(number, "", a) != re.sub(number, "", b):
        return np.inf
    a, b = (np.array([float(n) for n in re.findall(number, text)] or [0]) for text in (a, b))
    return float(np.max(np.maximum(np.abs(a - b) - 1.1e-8, 0) / np.maximum(np.abs(a), 1)))


def differences(expected, found):
    """The names of what is different, with how much: 0 to infinity."""
    if "error" in expected or "error" in found:
        both = "error" in expected and "error" in found
        return {} if both else {"error": np.inf}
    result = {}
    for name in sorted(set(expected) | set(found)):
        if name not in expected or name not in found:
            result[name] = np.inf
            continue
        a, b = expected[name], found[name]
        if name == "printed":
            result[name] = distance_of_texts(a, b)
        elif a is None or b is None or name in ("warnings", "types", "out_activation_"):
            result[name] = 0.0 if (a is None) == (b is None) and np.array_equal(a, b) else np.inf
        elif name in ("predictions", "classes_") and np.asarray(a).dtype.kind != "f":
            result[name] = 0.0 if np.array_equal(a, b) else np.inf
        else:
            result[name] = distance(a, b)
    return {name: by for name, by in result.items() if by > 0}


def worst(a_run, b_run, tolerance):
    """The first call after which the runs are different: (its index, what is), or None."""
    for k, (a, b) in enumerate(zip(a_run, b_run)):
        beyond = {name: by for name, by in differences(a, b).items() if by > tolerance}
        if beyond:
            return k, beyond
    return None


# Of a verdict, the words of docs/sklearn.md.
NAMED = {
    "weights that sum to 0": "**Sample weights that sum to 0 in a batch**",
    "lbfgs in float32": "float64 and gives the weights back in float32",
    "Poisson's loss of 0": "**Poisson's loss of a prediction that underflows to 0**",
    "overflow": "**Near overflow**",
    "rounding": "**Rounding.**",
}


def largest_loss(call):
    return np.max(np.abs(np.atleast_1d(np.asarray(call.get("loss_curve_", call.get("loss_", 0)), float))), initial=0)


def meets_no_loss(case):
    """Whether a loss of scikit-learn is not finite on the way, though the weights may be."""
    met = []

    def watched(y_true, y_pred, sample_weight=None):
        loss = poisson(y_true, y_pred, sample_weight)
        met.append(not np.isfinite(loss))
        return loss

    poisson = LOSS_FUNCTIONS["poisson"]

    with mock.patch.dict(LOSS_FUNCTIONS, {"poisson": watched}):
        case.run(theirs)
    return any(met)


def named(case, before, expected, found, names):
    """The key of NAMED for a difference between two calls' answers, or None; `before`: what scikit-learn answered up to
    there."""
    if any(call.get("error") == "ZeroDivisionError" for call in before):
        return "weights that sum to 0"
    if case.dtype == "f" and "'solver': 'lbfgs'" in repr([case.settings, case.calls]):
        return "lbfgs in float32"
    if case.kind == "poisson" and meets_no_loss(case):
        return "Poisson's loss of 0"
    losses = [largest_loss(call) for call in (expected, found)]
    if not max(losses) < (1e15 if case.dtype == "f" else 1e100):
        return "overflow"
    return None


def is_sensitive(case, runs, beyond):
    """Whether one of the two, samples and initial weights changed by roundings, goes about as far from itself in what is
    different."""
    at, names = beyond
    for shake in range(1, 9):
        for module, run in zip((theirs, ours), runs):
            other = case.run(module, shake)
            found = differences(run[at], other[at])
            if "error" in found or any(found.get(name, 0) > 0.01 * min(by, 1e6) for name, by in names.items()):
                return True
            if worst(run[:at], other[:at], TOLERANCE[case.dtype]):
                return True
    return False


def counts_by_rounding(case, at, expected, names):
    """Whether only the epochs without progress are counted otherwise, and some epoch's loss is as near to what progress is as
    it is rounded: scikit-learn adds up losses of float32 samples in float64 where the samples' weights are float64."""
    if set(names) != {"_no_improvement_count"}:
        return False
    tol = case.settings.get("tol", 1e-4)
    for call in case.calls[: at + 1]:
        tol = call[1].get("tol", tol) if call[0] == "set_params" else tol
    losses = np.asarray(expected["loss_curve_"], float)
    progress = np.minimum.accumulate(losses)[:-1] - tol - losses[1:]
    return bool(np.any(np.abs(progress) <= 16 * np.finfo(case.dtype).eps * np.abs(losses[1:])))


def verdict(number):
    """(verdict, words): the same, a difference that the document names, rounding, or unexplained."""
    case = Case(number)
    their_run, our_run = case.run(theirs), case.run(ours)
    beyond = worst(their_run, our_run, TOLERANCE[case.dtype])
    if beyond is None:
        return "the same", ""
    at, names = beyond
    word = named(case, their_run[: at + 1], their_run[at], our_run[at], names)
    if word:
        return word, ""
    if counts_by_rounding(case, at, their_run[at], names) or is_sensitive(case, (their_run, our_run), beyond):
        return "rounding", ""
    lines = [
        f"{k} by {by:.2g}: {their_run[at].get(k)!r:.200}, ours {our_run[at].get(k)!r:.200}" for k, by in names.items()
    ]
    return "unexplained", f"call {at}: " + "\n    ".join(lines)


# -------------------------------------------------------------------------------------------------------- the program


def finished(path):
    """The verdicts that a file has; a last line that was cut off is forgotten."""
    done = {}
    if path and path.exists():
        for line in path.read_text().splitlines():
            try:
                number, word = json.loads(line)
            except ValueError:
                break
            done[number] = word
    return done


def table(verdicts):
    counts = collections.Counter(verdicts)
    rows = "".join(f"| {word} | {count} |\n" for word, count in counts.most_common())
    return f"| verdict | cases |\n|---|---|\n{rows}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args(arguments)
    if options.only is not None:
        print(Case(options.only).words())
        print(*verdict(options.only), sep=": ")
        return 0
    done = finished(options.out)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("".join(json.dumps([n, word]) + "\n" for n, word in done.items()))
    for number in range(options.first, options.first + options.count):
        if number in done:
            continue
        done[number], words = verdict(number)
        if done[number] == "unexplained":
            print(f"case {number}: {Case(number).words()}\n  {words}", flush=True)
        if options.out:
            with options.out.open("a") as file:
                file.write(json.dumps([number, done[number]]) + "\n")
    print(table(done.values()))
    return int("unexplained" in done.values())


if __name__ == "__main__":
    sys.exit(main())
