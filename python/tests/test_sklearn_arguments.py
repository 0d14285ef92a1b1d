# SPDX-License-Identifier: MIT
"""A parameter is one entry of a table, and has an effect, or is refused, or is without effect as in scikit-learn."""

import importlib.machinery
import importlib.util
import inspect
import pathlib
import re
import warnings

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn.neural_network as theirs
from gradus._core import lists
from gradus.sklearn._arguments import FLAG, Argument, Only, arguments_of, estimator
from gradus.sklearn._table import LOSS_COMES_FIRST, MORE_SOLVERS, SCIPY_PRINTS, SOLVERS, TABLE
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import validate_parameter_constraints

ESTIMATORS = ("MLPClassifier", "MLPRegressor")
ROOT = pathlib.Path(__file__).resolve().parents[2]

RANDOM = np.random.RandomState(0)
X = RANDOM.standard_normal((40, 3))
LABELS = (X[:, 0] + 0.3 * RANDOM.standard_normal(40) > 0.5).astype(int) + (X[:, 1] > 0)
NUMBERS = np.column_stack([np.abs(X[:, 0]) + 0.1, np.abs(X[:, 1] * X[:, 2]) + 1])
Y = {"MLPClassifier": LABELS, "MLPRegressor": NUMBERS}


class StopAt:
    """A callback, equal to itself in a clone."""

    def __call__(self, model):
        return model.n_iter_ == 2


def third(model, X, y):
    """A scorer to which the third epoch is the best."""
    return -((model.n_iter_ - 3) ** 2)


WEIGHTS = [np.full((3, 4), 0.3), np.full((4, 3), 0.2)]
BIASES = [np.full(4, 0.1), np.full(3, 0.2)]
# Of each parameter two values, and what else must be so for it to have an effect.
WALK = {
    "loss": ("squared_error", "poisson", {}),
    "hidden_layer_sizes": ((4,), 3, {}),
    "activation": ("relu", "tanh", {}),
    "solver": ("adam", "sgd", {}),
    "alpha": (0.0, 1.0, {}),
    "batch_size": (20, 7, {}),
    "learning_rate": ("constant", "invscaling", {}),
    "learning_rate_init": (0.001, 0.01, {}),
    "power_t": (0.5, 0.9, {"learning_rate": "invscaling"}),
    "max_iter": (6, 3, {}),
    "shuffle": (True, False, {}),
    "random_state": (0, 1, {}),
    "tol": (1e-9, 1e3, {"n_iter_no_change": 1}),
    "verbose": (False, True, {}),
    "warm_start": (False, True, {}),
    "momentum": (0.9, 0.5, {}),
    "nesterovs_momentum": (True, False, {}),
    "early_stopping": (False, True, {}),
    "validation_fraction": (0.1, 0.3, {"early_stopping": True}),
    "beta_1": (0.9, 0.5, {}),
    "beta_2": (0.999, 0.9, {}),
    "epsilon": (1e-8, 1e-2, {}),
    "n_iter_no_change": (10, 1, {"tol": 1e3}),
    "max_fun": (15000, 3, {}),
    "class_weight": (None, {0: 3.0}, {}),
    "huber_delta": (1.0, 0.1, {"loss": "huber"}),
    "dropout": (0.0, 0.5, {}),
    "solver_options": (None, {"eps": 0.01}, {}),
    "scoring": (None, third, {"early_stopping": True}),
    "callbacks": (None, StopAt(), {}),
    "coefs_init": (None, WEIGHTS, {}),
    "intercepts_init": (None, BIASES, {}),
    "n_seeds": (1, 3, {}),
    "ensemble": ("mean", "best", {"n_seeds": 3}),
    "sklearn_quirks": (True, False, {}),
}
SOLVER_OPTIONS = {
    "lbfgs": {"memory": 3},
    "sgd": {"momentum": 0.3},
    "adam": {"eps": 0.01},
    "adagrad": {"eps": 0.1},
    "adamw": {"decay": 0.1},
    "nadam": {"eps": 0.01},
    "quickprop": {"growth": 1.1},
    "rprop": {"up": 1.5},
}
for solver, numbers in lists.optimizers().items():  # of any other: half of its first number beside the learning rate
    first = next(name for name in numbers if name != "lr")
    SOLVER_OPTIONS.setdefault(solver, {first: numbers[first] / 2})


def made(module, name, settings):
    """A fitted estimator of some settings; fitted twice, for warm_start."""
    usual = {"hidden_layer_sizes": (4,), "max_iter": 6, "random_state": 0, "batch_size": 10}
    outputs = {"intercepts_init": 2, "coefs_init": 2} if name == "MLPRegressor" else {}
    for given in outputs:
        if settings.get(given) is not None:
            settings = {**settings, given: [settings[given][0], settings[given][1][..., :2]]}
    model = getattr(module, name)(**{**usual, **settings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, Y[name]).fit(X, Y[name])


def result(module, name, settings, capsys):
    """All that a fit shows of itself."""
    model = made(module, name, settings)
    numbers = [*model.coefs_, *model.intercepts_, np.asarray(model.predict(X)), np.asarray(model.loss_)]
    if name == "MLPClassifier":
        numbers.append(model.predict_proba(X))
    return [array.astype(float).tobytes() for array in numbers], model.n_iter_, capsys.readouterr().out


def settings_of(argument, solver):
    first, second, base = WALK[argument.name]
    if argument.name == "solver_options":
        second = SOLVER_OPTIONS[solver]
    return [{"solver": solver, **base, argument.name: value} for value in (first, second)]


def test_the_walk_has_two_values_of_every_parameter():
    assert set(WALK) == {a.name for a in TABLE}
    assert set(SOLVER_OPTIONS) == {*SOLVERS, *MORE_SOLVERS}


@pytest.mark.parametrize("solver", [*SOLVERS, *MORE_SOLVERS])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_parameter_has_an_effect_or_is_refused_or_is_documented_as_without(name, solver, capsys):
    for argument in arguments_of(TABLE, name):
        if argument.name == "sklearn_quirks":
            continue  # docs/sklearn.md: it changes nothing where none of the quirks comes up
        usual, other = settings_of(argument, solver)
        model = getattr(ours, name)(**{"hidden_layer_sizes": (4,), **other})
        has_effect = argument.only is None or argument.only.holds(model)
        if has_effect:
            first, second = (result(ours, name, settings, capsys) for settings in (usual, other))
            assert first != second, argument.name
        elif argument.own or solver in MORE_SOLVERS:
            named = "|".join((argument.name, *WALK[argument.name][2]))  # what makes it count is maybe refused before it
            with pytest.raises(ValueError, match=rf"\[{name}\] expected ({named})=.* an effect only with .*, got "):
                made(ours, name, other)
        else:
            for module in (theirs, ours):
                first, second = (result(module, name, settings, capsys) for settings in (usual, other))
                assert first == second, argument.name


def test_the_learning_rate_among_the_solvers_options_is_refused():
    with pytest.raises(ValueError, match="expected the learning rate as learning_rate_init, got it as lr"):
        made(ours, "MLPRegressor", {"solver_options": {"lr": 0.5}})


def test_what_asks_for_nothing_is_not_refused():
    for settings in (
        {"dropout": [0.0], "solver": "lbfgs"},
        {"dropout": 0, "solver": "lbfgs"},
        {"solver_options": {}, "solver": "lbfgs"},
        {"scoring": None},
        {"solver": "rmsprop", "momentum": np.float64(0.9)},
    ):
        made(ours, "MLPClassifier", settings)


def test_dropout_without_a_hidden_layer_and_partial_fit_are_refused_too():
    for settings, words in (({"dropout": 0.5, "hidden_layer_sizes": ()}, "dropout"), ({"ensemble": "best"}, "n_seeds")):
        for fit in ("fit", "partial_fit"):
            with pytest.raises(ValueError, match=words):
                getattr(ours.MLPRegressor(**settings), fit)(X, NUMBERS)
    with pytest.raises(ValueError, match="scoring"):
        ours.MLPClassifier(n_seeds=2, scoring="accuracy").partial_fit(X, LABELS, classes=[0, 1, 2])


# ------------------------------------------------------------------------------------------------- from one entry


def script():
    path = ROOT / "scripts" / "estimators"
    loader = importlib.machinery.SourceFileLoader("estimators", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("estimators", loader))
    loader.exec_module(module)
    return module


@pytest.mark.skipif(not LOSS_COMES_FIRST or SCIPY_PRINTS, reason="written for the newest scikit-learn and SciPy")
def test_types_and_document_are_what_the_table_makes_them():
    estimators = script()
    for path in (estimators.STUB, estimators.DOCUMENT):
        assert estimators.written(path.read_text()) == path.read_text(), f"run scripts/estimators for {path.name}"


def test_one_more_entry_changes_types_and_document(monkeypatch):
    more = (*TABLE, Argument("patience", True, FLAG, "Is a virtue.", own=True))
    monkeypatch.setattr("gradus.sklearn._table.TABLE", more)
    estimators = script()
    assert "        patience: bool = True,\n    ) -> None: ..." in estimators.written(estimators.STUB.read_text())
    assert "| `patience` | Is a virtue |" in estimators.written(estimators.DOCUMENT.read_text())


def test_an_entry_is_constructed_checked_and_documented():
    late = Only("size above 3", lambda est: est.size > 3)

    @estimator(
        (Argument("flat", False, FLAG, "Not round.", late), Argument("size", 7, FLAG, "How big.", positional=True))
    )
    class Thing(BaseEstimator):
        """A thing.

        Parameters
        ----------
        {parameters}
        """

    assert str(inspect.signature(Thing)) == "(size=7, *, flat=False)"
    assert repr(Thing(5)) == "Thing(size=5)"
    assert clone(Thing(flat=True)).flat
    with pytest.raises(TypeError, match=re.escape("Thing.__init__() got an unexpected keyword argument 'sice'")):
        Thing(sice=3)
    with pytest.raises(ValueError, match="The 'flat' parameter of Thing must be"):
        validate_parameter_constraints(Thing._parameter_constraints, {"flat": 3}, "Thing")
    assert "flat : bool, default=False\n" in inspect.getdoc(Thing)
    assert "Not round. Has an effect only with size above 3." in inspect.getdoc(Thing)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_scikit_learns_parameters_are_all_there_in_their_order_and_with_their_defaults(name):
    expected = inspect.signature(getattr(theirs, name)).parameters
    found = inspect.signature(getattr(ours, name)).parameters
    shared = [p for p in found if p in expected]
    assert shared == list(expected)
    for parameter in shared:
        assert found[parameter] == expected[parameter]
    for parameter in found:
        assert f"\n    {parameter} : " in getattr(ours, name).__doc__
