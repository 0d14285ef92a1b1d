# SPDX-License-Identifier: MIT
"""No number is served that was never computed: whatever lies in fresh memory, the results are the same."""

import warnings

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn
import sklearn.neural_network as theirs
from gradus.sklearn import MLPClassifier, MLPRegressor
from scipy.sparse import csr_array
from sklearn.datasets import load_iris

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
LAYOUTS = {"dense": np.asarray, "column by column": np.asfortranarray, "sparse": csr_array}


def with_values(*values):
    """The samples, in the first ones of which a number is replaced."""
    spoiled = X.copy()
    for row, value in enumerate(values):
        spoiled[row, row % 4] = value
    return spoiled


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["d", "f"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_what_is_not_finite_spoils_its_own_row_as_in_scikit_learn(activation, dtype, layout):
    spoiled = with_values(np.nan, np.inf, -np.inf).astype(dtype)
    for name, targets in (("MLPClassifier", y), ("MLPClassifier", y > 0), ("MLPRegressor", X[:, :2])):
        answers = []
        for module in (theirs, ours):
            model = getattr(module, name)(hidden_layer_sizes=(6,), activation=activation, max_iter=3, random_state=0)
            model.fit(X.astype(dtype), targets)
            ask = model.predict_proba if name == "MLPClassifier" else model.predict
            whole = ask(X.astype(dtype))  # its memory is what the next call may get
            del whole
            with sklearn.config_context(assume_finite=True), np.errstate(all="ignore"):
                answers.append(ask(LAYOUTS[layout](spoiled)))
        np.testing.assert_allclose(answers[1], answers[0], rtol=1e-4 if dtype == "f" else 1e-8, atol=1e-7)
        assert np.isnan(answers[1][0]).any() and np.isfinite(answers[1][3:]).all()


def test_a_number_beyond_double_spoils_its_own_row():
    beyond = X.astype(np.longdouble)
    if np.finfo(np.longdouble).max == np.finfo(float).max:
        pytest.skip("long double is double here")
    beyond[0, 0] = np.longdouble("1e400")
    model = MLPClassifier((6,), max_iter=3, random_state=0).fit(X, y)
    with np.errstate(over="ignore"):
        answers = model.predict_proba(beyond)
    assert np.isnan(answers[0]).all()
    np.testing.assert_array_equal(answers[1:], model.predict_proba(X[1:]))


def poisoned_empty(shape, dtype=float, *more, **options):
    array = _empty(shape, dtype, *more, **options)
    if array.dtype.kind == "f":
        array.fill(np.nan)
    return array


_empty = np.empty


def results(make, settings, X, targets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make(**{"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0, **settings}).fit(X, targets)
    numbers = [*model.coefs_, *model.intercepts_, model.loss_, model.predict(X)]
    if hasattr(model, "predict_proba"):
        numbers.append(model.predict_proba(X))
    return [*numbers, getattr(model, "validation_loss_curve_", None) or 0.0]


SETTINGS = [
    {},
    {"solver": "sgd"},
    {"solver": "lbfgs"},
    {"solver": "rprop"},
    {"early_stopping": True},
    {"n_seeds": 8},
    {"dropout": 0.3},
    {"batch_size": 17, "shuffle": False},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": (5, 3)},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fresh_memory_full_of_nan_changes_no_result(layout, settings, monkeypatch):
    for make, targets in (
        (MLPClassifier, y),
        (MLPClassifier, y > 0),
        (MLPRegressor, X[:, 0]),
        (MLPRegressor, X[:, :2]),
    ):
        expected = results(make, settings, LAYOUTS[layout](X), targets)
        monkeypatch.setattr(np, "empty", poisoned_empty)
        found = results(make, settings, LAYOUTS[layout](X), targets)
        monkeypatch.setattr(np, "empty", _empty)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_buffer_that_is_not_written_is_caught(monkeypatch):
    monkeypatch.setattr(MLPRegressor, "_outputs", lambda self, X: np.empty((X.shape[0], self.n_outputs_)))
    model = MLPRegressor(hidden_layer_sizes=(6,), max_iter=2, random_state=0).fit(X, X[:, 0])
    monkeypatch.setattr(np, "empty", poisoned_empty)
    assert np.isnan(model.predict(X.tolist())).all()
