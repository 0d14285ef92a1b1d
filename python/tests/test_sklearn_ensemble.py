# SPDX-License-Identifier: MIT
"""Members of an ensemble that are trained in a bank are the models of their seeds."""

import _thread
import threading
import warnings

import joblib
import numpy as np
import pytest
from gradus.sklearn import MLPClassifier, MLPRegressor, _bank
from gradus.sklearn._arguments import Argument, real
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_iris, y_iris = load_iris(return_X_y=True)
X_diabetes, y_diabetes = load_diabetes(return_X_y=True)
X_diabetes = X_diabetes * 20
y_diabetes = (y_diabetes - y_diabetes.mean()) / y_diabetes.std()

TASKS = {
    "binary": (MLPClassifier, X_iris[:100], y_iris[:100]),
    "multi-class": (MLPClassifier, X_iris, np.array(["b", "a", "c"])[y_iris]),
    "multi-label": (MLPClassifier, X_iris, np.column_stack([y_iris > 0, y_iris > 1])),
    "regression": (MLPRegressor, X_diabetes, y_diabetes),
    "multi-output": (MLPRegressor, X_diabetes, np.column_stack([y_diabetes, -2 * y_diabetes])),
}
SOLVERS = {
    "adam": {"solver": "adam"},
    "nesterov": {"solver": "sgd"},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "descent": {"solver": "sgd", "momentum": 0},
}


@pytest.fixture
def banked(monkeypatch):
    """How many members each bank has trained."""
    counts = []
    fit = _bank.Bank.fit

    def counting(self, members):
        counts.append(len(members))
        fit(self, members)

    monkeypatch.setattr(_bank.Bank, "fit", counting)
    return counts


def alone(ensemble, k):
    """Member k of an ensemble as a model by itself."""
    return clone(ensemble).set_params(n_seeds=1, random_state=ensemble.random_state + k)


def assert_same(member, model, tolerance):
    for name in (
        "n_iter_",
        "t_",
        "_no_improvement_count",
        "n_features_in_",
        "n_layers_",
        "n_outputs_",
        "out_activation_",
    ):
        assert getattr(member, name) == getattr(model, name), name
    np.testing.assert_allclose(member.loss_curve_, model.loss_curve_, rtol=tolerance)
    np.testing.assert_allclose(member.best_loss_, model.best_loss_, rtol=tolerance)
    assert member.loss_ == member.loss_curve_[-1]
    for ours, theirs in zip(member.coefs_ + member.intercepts_, model.coefs_ + model.intercepts_):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=10 * tolerance * np.abs(theirs).max())
    ours, theirs = member._optimizer.memory(), model._optimizer.memory()
    assert ours[1] == theirs[1] and len(ours[0]) == len(theirs[0])
    for a, b in zip(ours[0], theirs[0]):
        np.testing.assert_allclose(a, b, rtol=0, atol=100 * tolerance * np.abs(b).max())


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("task", TASKS)
def test_members_are_the_models_of_their_seeds(task, solver, activation, banked):
    make, X, y = TASKS[task]
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 2e-4)):
        for batch_size in ("auto", 7):
            settings = {"activation": activation, "batch_size": batch_size, "max_iter": 20, **SOLVERS[solver]}
            ensemble = make(hidden_layer_sizes=(5, 4), n_seeds=13, random_state=3, **settings).fit(X.astype(dtype), y)
            assert banked.pop() in (8, 13)
            for k in (0, 7, 12):
                assert_same(ensemble.estimators_[k], alone(ensemble, k).fit(X.astype(dtype), y), tolerance)
    if make is MLPClassifier:
        np.testing.assert_array_equal(ensemble.estimators_[5].classes_, alone(ensemble, 5).fit(X, y).classes_)


def test_members_end_when_they_have_converged(banked):
    ensemble = MLPClassifier((6,), "tanh", n_seeds=16, random_state=0, tol=0.01, n_iter_no_change=2, max_iter=60)
    ensemble.set_params(learning_rate_init=0.05, batch_size=16)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ensemble.fit(X_iris, y_iris)
    assert banked == [16]
    with warnings.catch_warnings(record=True) as expected:
        warnings.simplefilter("always")
        models = [alone(ensemble, k).fit(X_iris, y_iris) for k in range(16)]
    assert len({m.n_iter_ for m in models}) > 4
    for member, model in zip(ensemble.estimators_, models):
        assert_same(member, model, 1e-7)
    assert ensemble.best_index_ == np.argmin([m.loss_ for m in models])
    assert [w.message.args for w in caught] == [w.message.args for w in expected]


def test_a_warning_for_each_that_has_not_converged(banked):
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached") as caught:
        MLPClassifier((5,), n_seeds=8, max_iter=3, random_state=0).fit(X_iris, y_iris)
    assert banked == [8]
    assert len(caught) == 8


def test_control_c_ends_all_members_and_keeps_them(banked):
    ensemble = MLPClassifier((5,), n_seeds=8, random_state=0, max_iter=10**6, n_iter_no_change=10**6)
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    with pytest.warns(UserWarning, match="Training interrupted by user."):
        ensemble.fit(X_iris, y_iris)
    timer.join()
    assert banked == [8]
    (epochs,) = {len(member.loss_curve_) for member in ensemble.estimators_}
    assert 1 <= epochs < 10**6
    assert ensemble.predict(X_iris).shape == y_iris.shape


@pytest.mark.parametrize("batch_size", [150, 32])
def test_members_go_on_by_themselves(batch_size, banked):
    settings = {"batch_size": batch_size, "n_seeds": 8, "random_state": 0, "max_iter": 4}
    for quirks in (True, False):
        ensemble = MLPClassifier((5,), sklearn_quirks=quirks, **settings).fit(X_iris, y_iris)
        assert banked.pop() == 8
        model = alone(ensemble, 3).fit(X_iris, y_iris)
        for fitted in (ensemble.estimators_[3], model):
            fitted.partial_fit(X_iris, y_iris)
            fitted.set_params(warm_start=True).fit(X_iris, y_iris)
        assert_same(ensemble.estimators_[3], model, 1e-9)
        if not quirks or batch_size < 150:
            assert ensemble.estimators_[3]._random_state.randint(10**9) == model._random_state.randint(10**9)


@pytest.mark.parametrize("batch_size", ["auto", 32])
def test_threads_share_the_members(batch_size, banked):
    ensemble = MLPClassifier((5,), n_seeds=20, random_state=0, max_iter=5, batch_size=batch_size)
    for backend in ("threading", "loky"):  # other processes would keep what they learn to themselves
        with joblib.parallel_config(backend, n_jobs=2):
            ensemble.fit(X_iris, y_iris)
        assert [banked.pop(), banked.pop()] == [8, 8]
        for k in (0, 15, 19):
            assert_same(ensemble.estimators_[k], alone(ensemble, k).fit(X_iris, y_iris), 1e-9)


class Own(MLPClassifier):
    def _fit_stochastic(self, X, y, sample_weight, incremental):
        super()._fit_stochastic(X, y, sample_weight, incremental)
        self.mine_ = True


@pytest.mark.parametrize(
    "settings",
    [
        {"early_stopping": True},
        {"callbacks": lambda model: False},
        {"warm_start": True},
        {"solver": "lbfgs"},
        {"solver": "rmsprop"},
        {"solver": "sgd", "learning_rate": "adaptive"},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"dropout": 0.2},
        {"class_weight": "balanced"},
        {"activation": "gelu"},
        {"shuffle": False, "batch_size": 10},
        {"hidden_layer_sizes": (2000,)},
        {"n_seeds": 5},
    ],
    ids=str,
)
def test_what_a_bank_does_not_take_is_trained_one_by_one(settings, banked):
    ensemble = MLPClassifier(**{"hidden_layer_sizes": (5,), "n_seeds": 8, "random_state": 0, "max_iter": 3, **settings})
    ensemble.fit(X_iris, y_iris)
    assert banked == []
    np.testing.assert_array_equal(ensemble.estimators_[4].coefs_[0], alone(ensemble, 4).fit(X_iris, y_iris).coefs_[0])


def test_a_parameter_that_nobody_told_the_bank_of_is_refused(monkeypatch):
    plain = MLPClassifier(n_seeds=8)
    assert _bank.why_not(plain, X_iris, None) is None
    for name in _bank.KNOWN & {a.name for a in plain._arguments}:
        monkeypatch.setattr(_bank, "KNOWN", _bank.KNOWN - {name})
    # What is not at its default, and has an effect, is what speaks against a bank now.
    assert _bank.why_not(plain, X_iris, None) == "it does not know n_seeds=8"
    added = Argument("added_tomorrow", 1.0, real(0), "Nobody knows.")
    monkeypatch.setattr(MLPClassifier, "_arguments", [*MLPClassifier._arguments, added])
    single = MLPClassifier()
    single.added_tomorrow = 1.0
    assert _bank.why_not(single, X_iris, None) is None
    single.added_tomorrow = 2.0
    assert _bank.why_not(single, X_iris, None) == "it does not know added_tomorrow=2.0"


def test_weights_sparse_samples_poisson_and_subclasses_are_trained_one_by_one(banked):
    sparse = pytest.importorskip("scipy.sparse")
    settings = {"hidden_layer_sizes": (5,), "n_seeds": 8, "random_state": 0, "max_iter": 3}
    MLPClassifier(**settings).fit(X_iris, y_iris, sample_weight=np.ones(150))
    MLPClassifier(**settings).fit(sparse.csr_matrix(X_iris), y_iris)
    MLPRegressor("poisson", **settings).fit(X_iris, y_iris)
    assert all(member.mine_ for member in Own(**settings).fit(X_iris, y_iris).estimators_)
    assert banked == []


def test_in_their_order_all_samples_can_be_one_batch(banked):
    ensemble = MLPClassifier((5,), n_seeds=8, random_state=0, max_iter=5, shuffle=False).fit(X_iris, y_iris)
    assert banked == [8]
    model = alone(ensemble, 2).fit(X_iris, y_iris)
    assert_same(ensemble.estimators_[2], model, 1e-9)
    assert ensemble.estimators_[2]._random_state.randint(10**9) == model._random_state.randint(10**9)


def test_names_weights_and_options_reach_every_member(banked):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(X_iris, columns=list("abcd"))
    start = MLPClassifier((5,), random_state=9, max_iter=1).fit(X_iris, y_iris)
    ensemble = MLPClassifier((5,), n_seeds=8, random_state=0, max_iter=5, batch_size=20, solver_options={"beta1": 0.5})
    ensemble.set_params(coefs_init=start.coefs_, intercepts_init=start.intercepts_).fit(X, y_iris)
    assert banked == [8]
    assert_same(ensemble.estimators_[6], alone(ensemble, 6).fit(X, y_iris), 1e-9)
    assert list(ensemble.estimators_[6].feature_names_in_) == list("abcd")


def test_errors_are_those_of_one_model(banked):
    for X, y, settings in (
        (X_iris, y_iris[:9], {}),
        (X_iris * np.nan, y_iris, {}),
        (X_iris, y_iris, {"solver_options": {"rho": 1}}),
        (X_iris, y_iris, {"activation": "tahn"}),
    ):
        messages = []
        for n_seeds in (1, 8):
            with pytest.raises(ValueError) as error:
                MLPClassifier((5,), n_seeds=n_seeds, **settings).fit(X, y)
            messages.append(str(error.value))
        assert messages[0] == messages[1]
    for n_seeds in (1, 8):
        model = MLPRegressor(hidden_layer_sizes=(5,), activation="identity", solver="sgd", n_seeds=n_seeds)
        model.set_params(learning_rate_init=1e9)
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            model.fit(X_diabetes, y_diabetes)


def test_a_large_network_is_trained_one_by_one(banked):
    X, y = load_digits(return_X_y=True)
    MLPClassifier((30,), n_seeds=8, random_state=0, max_iter=1).fit(X, y)
    assert banked == []
    MLPClassifier((30,), n_seeds=8, random_state=0, max_iter=1, batch_size=20).fit(X, y)
    assert banked == [8]
