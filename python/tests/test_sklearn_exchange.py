# SPDX-License-Identifier: MIT
"""Models become scikit-learn's own and come back: they predict the same and learn on from where they stood."""

import functools
import pathlib
import pickle
import re

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

OLD = "loss" not in theirs.MLPRegressor().get_params()  # 1.6

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
TASKS = {
    "binary": ("MLPClassifier", y > 0),
    "texts": ("MLPClassifier", np.array(["b", "a", "c"])[y]),
    "multi-label": ("MLPClassifier", np.column_stack([y > 0, y > 1]).astype(int)),
    "regression": ("MLPRegressor", X[:, 0] * X[:, 1]),
    "multi-output": ("MLPRegressor", X[:, :3] ** 2),
}
SETTINGS = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "descent": {"solver": "sgd", "momentum": 0},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3},
    "float32": {},
}


def fitted(module, task, settings):
    name, targets = TASKS[task]
    samples = X.astype("f") if settings == "float32" else X
    usual = {"hidden_layer_sizes": (6, 5), "max_iter": 8, "random_state": 0, "batch_size": 40}
    return getattr(module, name)(**{**usual, **SETTINGS[settings]}).fit(samples, targets), samples, targets


def ask(model, samples):
    return model.predict_proba(samples) if hasattr(model, "predict_proba") else model.predict(samples)


def assert_same(model, other, samples, tolerance):
    np.testing.assert_allclose(ask(other, samples), ask(model, samples), rtol=tolerance, atol=tolerance)
    if hasattr(model, "classes_"):
        np.testing.assert_array_equal(other.predict(samples), model.predict(samples))
    assert (other.n_iter_, other.n_layers_, other.n_outputs_) == (model.n_iter_, model.n_layers_, model.n_outputs_)
    np.testing.assert_allclose(other.loss_, model.loss_, rtol=tolerance)
    np.testing.assert_allclose(getattr(other, "loss_curve_", []), getattr(model, "loss_curve_", []), rtol=tolerance)
    assert ask(other, samples).dtype == ask(model, samples).dtype


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("module, other", [(ours, theirs), (theirs, ours)], ids=["there", "back"])
def test_the_other_predicts_the_same_and_learns_on(module, other, task, settings):
    if OLD and (task, settings) == ("texts", "early stopping"):
        pytest.skip("scikit-learn 1.6 fails to score texts")
    model, samples, targets = fitted(module, task, settings)
    name = TASKS[task][0]
    twin = model.to_sklearn() if module is ours else getattr(ours, name).from_sklearn(model)
    assert type(twin) is getattr(other, name)
    tolerance = 2e-4 if settings == "float32" else 1e-8
    assert_same(model, twin, samples, tolerance)
    assert_same(model, pickle.loads(pickle.dumps(twin)), samples, tolerance)
    before = [c.copy() for c in model.coefs_]
    if settings == "early stopping" or settings == "lbfgs":
        for _ in range(2):
            twin.set_params(warm_start=True).fit(samples, targets)
    else:
        for _ in range(3):
            twin.partial_fit(samples, targets)
    for coef, was in zip(model.coefs_, before):
        np.testing.assert_array_equal(coef, was)  # nothing is shared
    if settings == "early stopping" or settings == "lbfgs":
        for _ in range(2):
            model.set_params(warm_start=True).fit(samples, targets)
        tolerance *= 100  # L-BFGS is sensitive to rounding
    else:
        for _ in range(3):
            model.partial_fit(samples, targets)
    assert_same(model, twin, samples, tolerance)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("task", TASKS)
def test_there_and_back_changes_no_bit(task, settings):
    model, samples, targets = fitted(ours, task, settings)
    again = type(model).from_sklearn(model.to_sklearn())
    np.testing.assert_array_equal(ask(again, samples), ask(model, samples))
    if settings not in ("early stopping", "lbfgs"):
        for either in (model, again):
            either.partial_fit(samples, targets)
        np.testing.assert_array_equal(ask(again, samples), ask(model, samples))


def test_forgetting_the_optimizer_is_told_apart():
    model, _, _ = fitted(ours, "regression", "adam")
    twin = model.to_sklearn()
    del twin._optimizer
    twin.partial_fit(X, TASKS["regression"][1])
    model.partial_fit(X, TASKS["regression"][1])
    assert np.abs(twin.predict(X) / model.predict(X) - 1).max() > 1e-4


def test_what_scikit_learn_does_not_know_is_refused_in_words():
    for settings, words in (
        ({"dropout": 0.5}, r"\[MLPClassifier.to_sklearn\] expected dropout=0.0, for scikit-learn has no such"),
        ({"solver": "rmsprop"}, "The 'solver' parameter of MLPClassifier must be a str among"),
        ({"activation": "gelu"}, "The 'activation' parameter of MLPClassifier must be a str among"),
        ({"activation": ["relu", "tanh"], "hidden_layer_sizes": (3, 4)}, "The 'activation' parameter"),
        ({"n_seeds": 2}, "expected n_seeds=1"),
        ({"sklearn_quirks": False}, "expected sklearn_quirks=True"),
    ):
        model = ours.MLPClassifier(max_iter=2, **settings).fit(X, y)
        with pytest.raises(ValueError, match=words):
            model.to_sklearn()
    same = ours.MLPClassifier((3, 4), ["tanh", "tanh"], max_iter=2).fit(X, y)
    assert same.to_sklearn().activation == "tanh"
    member = ours.MLPClassifier(max_iter=2, n_seeds=2).fit(X, y).estimators_[1]
    np.testing.assert_allclose(member.to_sklearn().predict_proba(X), member.predict_proba(X), rtol=1e-9)


def test_only_fitted_models_of_the_same_kind_are_taken():
    with pytest.raises(NotFittedError):
        ours.MLPClassifier().to_sklearn()
    with pytest.raises(NotFittedError):
        ours.MLPClassifier.from_sklearn(theirs.MLPClassifier())
    words = r"\[MLPClassifier.from_sklearn\] expected a model of sklearn.neural_network.MLPClassifier, got one of "
    for other in (theirs.MLPRegressor(), ours.MLPClassifier(), "iris", None):
        with pytest.raises(TypeError, match=words):
            ours.MLPClassifier.from_sklearn(other)


class Mine(ours.MLPClassifier):
    """A subclass under another name."""


def test_a_subclass_is_converted_too():
    model = Mine((4,), max_iter=3, random_state=0).fit(X, y)
    assert type(model.to_sklearn()) is theirs.MLPClassifier
    assert type(Mine.from_sklearn(model.to_sklearn())) is Mine


def test_isinstance_says_yes_and_nothing_is_inherited():
    for name in ("MLPClassifier", "MLPRegressor"):
        assert isinstance(getattr(ours, name)(), getattr(theirs, name))
        assert issubclass(getattr(ours, name), getattr(theirs, name))
        assert getattr(theirs, name) not in getattr(ours, name).__mro__
    assert not isinstance(ours.MLPClassifier(), theirs.MLPRegressor)
    assert not isinstance(theirs.MLPClassifier(), ours.MLPClassifier)

    @functools.singledispatch
    def kind(model):
        return "another"

    kind.register(theirs.MLPClassifier, lambda model: "a perceptron")
    assert kind(ours.MLPClassifier()) == "a perceptron"


def test_a_clone_of_the_other_is_unfitted():
    twin = fitted(ours, "binary", "adam")[0].to_sklearn()
    assert not hasattr(clone(twin), "coefs_")


def test_the_lines_of_the_document_run():
    document = (pathlib.Path(__file__).parents[2] / "docs" / "sklearn.md").read_text()
    (lines,) = (code for code in re.findall(r"^```python\n(.*?)^```", document, re.M | re.S) if "to_sklearn" in code)
    names = {}
    exec(lines, names)
    assert type(names["twin"]) is theirs.MLPClassifier
    assert names["again"].t_ == names["model"].t_ + 150
