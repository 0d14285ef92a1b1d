# SPDX-License-Identifier: MIT
"""The same numbers as scikit-learn, epoch by epoch. `python python/tests/test_sklearn_parity.py` prints the table."""

import itertools
import tracemalloc
import warnings

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning

EPOCHS = 20
# Each loss is a sum of rounded terms; 20 epochs of at most 10 updates let their errors of some 1e-16 grow by a few
# hundred times. 1e-8 is what users are promised.
TOLERANCE = 1e-8
OLD = "loss" not in theirs.MLPRegressor().get_params()  # 1.6


def digits(n_class):
    X, y = load_digits(n_class=n_class, return_X_y=True)
    return X[:401] / 16, y[:401]


def diabetes(outputs):
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    return X[:301] * 20, np.column_stack([y * (k + 1) + X[:, k] for k in range(outputs)])[:301].squeeze()


def counts():
    X, y = load_diabetes(return_X_y=True)
    return X[:301] * 20, np.floor(y[:301] / 50)


TASKS = {
    "binary": ("MLPClassifier", {}, lambda: digits(2)),
    "multi-class": ("MLPClassifier", {}, lambda: digits(10)),
    "multi-label": ("MLPClassifier", {}, lambda: make_multilabel_classification(201, random_state=3)),
    "regression": ("MLPRegressor", {}, lambda: diabetes(1)),
    "multi-output": ("MLPRegressor", {}, lambda: diabetes(3)),
    "poisson": ("MLPRegressor", {"loss": "poisson"}, counts),
}
SOLVERS = {
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "lbfgs": {"solver": "lbfgs"},
}
ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]


def both(task, settings, **fit):
    """Theirs and ours, fitted, with the warnings each gave."""
    name, task_settings, make = TASKS[task]
    X, y = make()
    fitted = []
    for module in (theirs, ours):
        usual = {"hidden_layer_sizes": (13, 7), "max_iter": EPOCHS}
        model = getattr(module, name)(**{**usual, **task_settings, **settings})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y, **fit)
        fitted.append((model, {str(w.message) for w in caught if w.category is not RuntimeWarning}))
    return X, *fitted


def relative(a, b):
    """The largest difference, by the largest magnitude of the arrays' numbers."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert a.shape == b.shape
    return float(np.max(np.abs(a - b)) / np.max(np.abs(a)))


def curve_difference(their, our):
    """Loss by loss; of L-BFGS, which keeps no curve, the last."""
    a = np.asarray(getattr(their, "loss_curve_", [their.loss_]))
    b = np.asarray(getattr(our, "loss_curve_", [our.loss_]))
    assert a.shape == b.shape
    return float(np.max(np.abs(a - b) / np.abs(a)))


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def differences(task, solver, activation):
    X, (their, their_warnings), (our, our_warnings) = both(
        task, {**SOLVERS[solver], "activation": activation, "random_state": 7}
    )
    assert our.n_iter_ == their.n_iter_
    assert our.t_ == their.t_
    assert our_warnings == their_warnings
    assert our.out_activation_ == their.out_activation_
    if task in ("binary", "multi-class", "multi-label"):
        np.testing.assert_array_equal(our.predict(X), their.predict(X))
    return curve_difference(their, our), relative(outputs(their, X), outputs(our, X))


@pytest.mark.parametrize("task, solver, activation", list(itertools.product(TASKS, SOLVERS, ACTIVATIONS)))
def test_losses_and_predictions_are_scikit_learns(task, solver, activation):
    if OLD and task == "poisson":
        pytest.skip("Poisson's loss came with scikit-learn 1.7")
    of_losses, of_outputs = differences(task, solver, activation)
    assert of_losses <= TOLERANCE
    assert of_outputs <= TOLERANCE


def test_another_seed_is_told_apart():
    _, _, make = TASKS["binary"]
    X, y = make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        their = theirs.MLPClassifier((5,), max_iter=3, random_state=1).fit(X, y)
        our = ours.MLPClassifier((5,), max_iter=3, random_state=2).fit(X, y)
    assert curve_difference(their, our) > 1e-3


VARIANTS = {
    "no shuffle": ("multi-class", {"shuffle": False}),
    "small batches": ("multi-class", {"batch_size": 17}),
    "a batch too large": ("multi-class", {"batch_size": 1000}),
    "one sample a batch": ("binary", {"batch_size": 1, "max_iter": 3}),
    "strong penalty": ("multi-class", {"alpha": 3.0}),
    "no penalty": ("multi-output", {"alpha": 0}),
    "no momentum": ("multi-class", {"solver": "sgd", "momentum": 0}),
    "momentum that never fades": ("multi-class", {"solver": "sgd", "momentum": 1.0}),
    "momentum without Nesterov": ("multi-class", {"solver": "sgd", "nesterovs_momentum": False}),
    "inverse scaling": ("multi-class", {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5}),
    "adaptive": ("regression", {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2}),
    "adam's numbers": ("multi-class", {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}),
    "stops by itself": ("regression", {"max_iter": 400, "tol": 0.01, "hidden_layer_sizes": (4,)}),
    "never stalls": ("regression", {"n_iter_no_change": np.inf, "tol": 1e9, "hidden_layer_sizes": (4,)}),
    "early stopping": ("multi-class", {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 3}),
    "early stopping, regression": ("regression", {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 2}),
    "early stopping, labels": ("multi-label", {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 3}),
    "one hidden layer": ("multi-class", {"hidden_layer_sizes": 9}),
    "no hidden layer": ("multi-class", {"hidden_layer_sizes": ()}),
    "three hidden layers": ("multi-output", {"hidden_layer_sizes": [3, 1, 5]}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_parameter_does_what_scikit_learns_does(variant):
    task, settings = VARIANTS[variant]
    X, (their, their_warnings), (our, our_warnings) = both(task, {"random_state": 3, **settings})
    assert our_warnings == their_warnings
    assert (our.n_iter_, our._no_improvement_count) == (their.n_iter_, their._no_improvement_count)
    assert curve_difference(their, our) <= TOLERANCE
    assert relative(outputs(their, X), outputs(our, X)) <= TOLERANCE
    for name in ("best_loss_", "best_validation_score_", "validation_scores_", "loss_"):
        expected = getattr(their, name)
        if expected is None:
            assert getattr(our, name) is None
        else:
            np.testing.assert_allclose(getattr(our, name), expected, rtol=TOLERANCE)


@pytest.mark.skipif(OLD, reason="sample weights came with scikit-learn 1.7")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("settings", [{"early_stopping": True, "batch_size": 31}, {"solver": "lbfgs"}])
def test_sample_weights_count_as_scikit_learn_counts_them(task, settings):
    n = len(TASKS[task][2]()[0])
    weights = np.random.RandomState(0).uniform(0.1, 3, n)
    X, (their, _), (our, _) = both(task, {"random_state": 3, **settings}, sample_weight=weights)
    assert curve_difference(their, our) <= TOLERANCE
    assert relative(outputs(their, X), outputs(our, X)) <= TOLERANCE


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("seed", [5, None])
def test_partial_fit_and_warm_start_go_on_as_scikit_learns(solver, seed):
    X, y = digits(10)
    curves = []
    for module in (theirs, ours):
        random_state = np.random.RandomState(11) if seed is None else seed
        settings = {"solver": solver, "random_state": random_state, "hidden_layer_sizes": (6,), "batch_size": 50}
        part = module.MLPClassifier(**settings)
        warm = module.MLPClassifier(**settings, warm_start=True, max_iter=3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for _ in range(4):
                part.partial_fit(X[:200], y[:200], classes=np.unique(y))
                part.partial_fit(X[200:], y[200:])
                warm.fit(X, y)
        curves.append((*part.loss_curve_, *warm.loss_curve_, part.t_, warm.t_, part.predict_proba(X).sum()))
    np.testing.assert_allclose(curves[1], curves[0], rtol=TOLERANCE)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.PCG64, None])
def test_a_passed_random_state_is_advanced_as_by_scikit_learn(generator, early_stopping):
    X, y = digits(3)
    seen = []
    for module in (theirs, ours):
        np.random.seed(4)
        random_state = np.random.RandomState(generator(4)) if generator else None
        model = module.MLPClassifier((5,), random_state=random_state, max_iter=14, early_stopping=early_stopping)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)
        seen.append([*(random_state or np.random).randint(10**9, size=3), model.loss_])
    np.testing.assert_allclose(seen[1], seen[0], rtol=TOLERANCE)


@pytest.mark.parametrize("task", ["multi-class", "multi-output"])
def test_sparse_input_gives_the_same_numbers(task):
    from scipy.sparse import csc_array, csr_array

    name, _, make = TASKS[task]
    X, y = make()
    X = np.where(np.abs(X) > np.median(np.abs(X)), X, 0)
    for module in (ours, theirs):
        models = []
        for convert in (np.asarray, csr_array, csc_array):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = getattr(module, name)(hidden_layer_sizes=(5,), random_state=0, max_iter=4, batch_size=50)
                model.fit(convert(X), y)
            models.append((*model.loss_curve_, *outputs(model, convert(X)).ravel()))
        np.testing.assert_allclose(models[1], models[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(models[2], models[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "gelu", "softplus"])
@pytest.mark.parametrize("sizes", [(), (1,), (7, 3)])
def test_sparse_predictions_are_the_dense_ones(sizes, activation):
    from scipy.sparse import csc_matrix, csr_array, random

    X = random(33, 17, density=0.2, random_state=0, format="csr")
    for dtype, tolerance in ((np.float64, 1e-14), (np.float32, 1e-5)):  # 17 products, some layers of rounding
        for name, y in (("MLPClassifier", np.arange(33) % 3), ("MLPRegressor", np.arange(33.0))):
            settings = {"hidden_layer_sizes": sizes, "activation": activation, "max_iter": 2, "random_state": 0}
            model = getattr(ours, name)(**settings)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(X.astype(dtype).toarray(), y)
            expected = outputs(model, X.astype(dtype).toarray())
            for samples in (csr_array(X, dtype=dtype), csc_matrix(X, dtype=dtype)):
                found = outputs(model, samples)
                assert found.dtype == expected.dtype
                np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * max(1, np.abs(expected).max()))


def test_sparse_samples_are_not_written_out_to_predict():
    from scipy.sparse import random

    X = random(2000, 20000, density=0.001, random_state=0, format="csr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = ours.MLPRegressor(hidden_layer_sizes=(4,), max_iter=1, random_state=0).fit(X[:10], np.arange(10.0))
    tracemalloc.start()
    model.predict(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A hidden layer of 2000 x 4 numbers, its activation and the outputs, and what scikit-learn's check of X needs.
    assert peak < 2 * (X.data.nbytes + X.indices.nbytes)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_float32_in_float32_out(solver):
    # float32 has 24 bits; 20 epochs let the rounding of theirs and ours drift apart to some 1e-5.
    X, y = digits(10)
    curves = []
    for module in (theirs, ours):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = module.MLPClassifier((13,), solver=solver, random_state=0, max_iter=EPOCHS).fit(X.astype("f"), y)
        assert model.coefs_[0].dtype == model.intercepts_[0].dtype == np.float32
        assert model.predict_proba(X.astype("f")).dtype == np.float32
        assert model.predict_proba(X).dtype == np.float64
        curves.append(model.loss_curve_)
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-4)


def test_verbose_prints_the_same_lines(capsys):
    X, y = diabetes(1)
    printed = []
    for module in (theirs, ours):
        for settings in (
            {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 0.1, "max_iter": 60},
            {"early_stopping": True, "n_iter_no_change": 1},
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                module.MLPRegressor(hidden_layer_sizes=(5,), verbose=True, random_state=0, **settings).fit(X, y)
        printed.append(capsys.readouterr().out)
    assert "Setting learning rate to" in printed[0] and "Learning rate too small. Stopping." in printed[0]
    assert printed[1] == printed[0]


def print_table():
    print("| task | solver | activation | losses | predictions |\n|---|---|---|---|---|")
    for task, solver, activation in itertools.product(TASKS, SOLVERS, ACTIVATIONS):
        of_losses, of_outputs = differences(task, solver, activation)
        print(f"| {task} | {solver} | {activation} | {of_losses:.1e} | {of_outputs:.1e} |")


if __name__ == "__main__":
    print_table()
