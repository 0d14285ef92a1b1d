# SPDX-License-Identifier: MIT
"""What once was different from scikit-learn, asked of both: the answers are the same, or the document names the difference."""

import inspect
import pathlib
import pickle
import warnings

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn
import sklearn.neural_network as theirs
from scipy.sparse import csr_array, csr_matrix
from sklearn.datasets import load_breast_cancer, load_iris

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "sklearn.md"
OLD = "loss" not in theirs.MLPRegressor().get_params()  # 1.6
# Before 1.9 scikit-learn's own early stopping fails on sparse labels.
TAKES_SPARSE_LABELS = tuple(int(part) for part in sklearn.__version__.split(".")[:2]) >= (1, 9)

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SINGLE = X.astype("f")


def classifier(module, **settings):
    usual = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
    return module.MLPClassifier(**{**usual, **settings})


def regressor(module, **settings):
    usual = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
    return module.MLPRegressor(**{**usual, **settings})


def warm_starts(module, make=lambda model: model, **settings):
    model = classifier(module, max_iter=8, learning_rate_init=0.01, early_stopping=True, warm_start=True, **settings)
    scores = []
    for _ in range(5):
        model = make(model.fit(X, y))
        scores += [model.score(X, y), model.n_iter_, model.best_validation_score_, *model.validation_scores_]
    return scores


def pickled(model):
    return pickle.loads(pickle.dumps(model))


def halved(model):
    model.coefs_[1] = model.coefs_[1] / 2
    return model


def early_stopping_of_sparse_labels(module):
    labels = csr_matrix(np.column_stack([y > 0, y > 1]).astype(int))
    model = classifier(module, early_stopping=True).fit(X, labels)
    return [*model.validation_scores_, *model.predict(X).toarray().ravel()]


def own_initial_weights(module):
    class Own(module.MLPClassifier):
        def _init_coef(self, fan_in, fan_out, dtype):
            coef, intercept = super()._init_coef(fan_in, fan_out, dtype)
            return coef / 2, np.zeros_like(intercept)

    model = Own((6, 3), max_iter=2, random_state=0).fit(X, y)
    return [*model.coefs_[0].ravel(), *model.intercepts_[1], model.loss_]


def hidden_values(module, X=X, **settings):
    model = classifier(module, hidden_layer_sizes=(6, 5), **settings).fit(X, y)
    activations = [X] + [None] * (model.n_layers_ - 1)
    model._forward_pass(activations)
    return np.concatenate([np.ravel(values) for values in activations[1:]])


def losses_and_gradients(module):
    model = classifier(module, alpha=0.3).fit(X, y)
    activations, deltas = [X, None, None], [None, None]
    coef_grads, intercept_grads = [None, None], [None, None]
    targets = y[:, np.newaxis] == [0, 1, 2]
    weights = np.linspace(0.5, 2, 150)
    loss, coef_grads, intercept_grads = model._backprop(
        X, targets, weights, activations, deltas, coef_grads, intercept_grads
    )
    return np.concatenate([[loss], *(np.ravel(g) for g in (*coef_grads, *intercept_grads, *activations[1:]))])


def unpacked(module):
    model = regressor(module, solver="lbfgs").fit(X, X[:, 0])
    model._unpack(np.arange(37.0) / 37)
    return [*model.coefs_[0].ravel(), *model.intercepts_[1], *model.predict(X)]


def an_intercept_of_one_number(module):
    model = classifier(module).fit(X, y)
    model.intercepts_[0] = 0.5
    return model.predict_proba(X)


def types_of_predictions(module):
    model = regressor(module).fit(SINGLE, SINGLE[:, 0])
    asked = [X.astype(t) for t in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "?")]
    return [str(model.predict(samples).dtype) for samples in asked]


def numbers_of_numpy(module):
    shown = []
    for settings in ({}, {"early_stopping": True}, {"solver": "lbfgs"}):
        model = classifier(module, **settings).fit(X, y)
        curve = getattr(model, "loss_curve_", [])
        shown += [isinstance(v, np.floating) for v in (model.loss_, *curve)]
    return shown


def parameters_changed(module):
    shown = []
    changes = (
        {"learning_rate": "invscaling", "solver": "sgd"},
        {"power_t": 2.0, "learning_rate_init": 0.1},
        {"learning_rate": "adaptive"},
    )
    for solver in ("adam", "sgd"):
        for change in changes:
            model = classifier(module, solver=solver, learning_rate="invscaling").partial_fit(X, y, classes=[0, 1, 2])
            model.set_params(**change)
            for _ in range(3):
                model = pickled(model.partial_fit(X, y))
            shown += model.loss_curve_
    return shown


def depth_changed(module):
    answers = []
    for sizes in ((6, 4), ()):
        for method, more in (
            ("partial_fit", {}),
            ("fit", {"warm_start": True}),
            ("fit", {"solver": "lbfgs", "warm_start": True}),
        ):
            model = classifier(module, **more)
            getattr(model, method)(X, y, **({"classes": [0, 1, 2]} if method == "partial_fit" else {}))
            try:
                getattr(model.set_params(hidden_layer_sizes=sizes), method)(X, y)
                answers.append("goes on")
            except (ValueError, IndexError, AttributeError, TypeError):
                answers.append("refused")
    return answers


def widths_changed(module):
    model = classifier(module).partial_fit(X, y, classes=[0, 1, 2])
    model.set_params(hidden_layer_sizes=(8,)).partial_fit(X, y)
    return [*model.coefs_[0].shape, model.loss_]


def validation_set_of_one(module):
    try:
        model = regressor(module, early_stopping=True, max_iter=2).fit(X[:5], X[:5, :2])
        return [model.n_iter_, model.loss_]
    except ValueError as error:
        return [str(error)]


def first_argument(module):
    parameters = list(inspect.signature(module.MLPRegressor).parameters.values())
    return [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]


def outputs_grown(module):
    model = regressor(module, warm_start=True).fit(X, X[:, 0])
    with pytest.raises(ValueError):
        model.fit(X, X[:, :2])
    return []


def unscaled(labels):
    def losses(module):
        X, y = load_breast_cancer(return_X_y=True)
        targets = np.column_stack([y, X[:, 0] > 13])[:, :labels].squeeze()
        shown = []
        for seed in range(5):
            for settings in ({"n_iter_no_change": 3, "max_iter": 30}, {"solver": "lbfgs", "max_iter": 1}):
                model = module.MLPClassifier((10,), random_state=seed, **settings).fit(X, targets)
                shown += [model.n_iter_, model.loss_, *getattr(model, "loss_curve_", [])]
        model = module.MLPClassifier((10,), random_state=0, early_stopping=True, max_iter=5).fit(X, targets)
        return [*shown, *model.loss_curve_, *model.validation_scores_]

    return losses


def negative_weights(module):
    shown = []
    for weights in (np.full(150, -1.0), np.where(np.arange(150) % 3, 1.0, -1.5)):
        for settings in (
            {"max_iter": 10},
            {"solver": "sgd", "alpha": 0.5},
            {"solver": "sgd", "momentum": 0, "batch_size": 1, "alpha": 0, "max_iter": 2},
            {"solver": "lbfgs", "max_iter": 3},
        ):
            model = classifier(module, **settings).fit(X, y, sample_weight=weights)
            shown += [model.loss_, *model.predict_proba(X).ravel()]
    return shown


SAME = {
    "losses of unscaled data of two classes": unscaled(1),
    "losses of unscaled data of two labels": unscaled(2),
    **({} if OLD else {"weights below 0": negative_weights}),
    "warm starts with early stopping": warm_starts,
    "the same, pickled in between": lambda module: warm_starts(module, pickled),
    "the same, weights replaced in between": lambda module: warm_starts(module, halved),
    **({"early stopping of sparse labels": early_stopping_of_sparse_labels} if TAKES_SPARSE_LABELS else {}),
    "a subclass's own initial weights": own_initial_weights,
    "hidden values": hidden_values,
    "hidden values in float32": lambda module: hidden_values(module, SINGLE, activation="tanh"),
    "hidden values of sparse samples": lambda module: hidden_values(module, csr_array(X)),
    **({} if OLD else {"losses and gradients by _backprop": losses_and_gradients}),
    "parameters by _unpack": unpacked,
    "an intercept replaced by one number": an_intercept_of_one_number,
    "types of predictions": types_of_predictions,
    "NumPy's numbers": numbers_of_numpy,
    "parameters changed between two calls of partial_fit": parameters_changed,
    "another depth than the weights have": depth_changed,
    "another width than the weights have": widths_changed,
    "more outputs than before": outputs_grown,
    "a validation set of one sample": validation_set_of_one,
    "what the regressor takes by position": first_argument,
}


def answers(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [call(module) for module in (theirs, ours)]


def assert_same(expected, found):
    if len(expected) and isinstance(expected[0], str):
        assert found == expected
    else:  # float32 has 24 bits, and some hundreds of sums and steps
        rtol = 1e-4 if getattr(expected, "dtype", None) == np.float32 else 1e-8
        np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=rtol, atol=rtol / 100)


@pytest.mark.parametrize("what", SAME)
def test_both_answer_the_same(what):
    assert_same(*answers(SAME[what]))


def float32_weights(module):
    weights = np.random.RandomState(3).rand(150).astype("f")
    return classifier(module, alpha=100.0).fit(X, y, sample_weight=weights).loss_curve_


def beyond_double(module):
    Z = X.astype(np.longdouble)
    Z[0, 0] = np.longdouble("1e400")
    return classifier(module).fit(X, y).predict_proba(Z)[0].astype(float)


def fewer_outputs(module):
    model = regressor(module, warm_start=True).fit(X, X[:, :2])
    try:
        return np.asarray(model.fit(X, X[:, 0]).predict(X).shape)
    except ValueError:
        return np.zeros(2)


# The words of docs/sklearn.md that name each.
DIFFERENT = {
    "**float32 weights beside float64 samples**": float32_weights,
    "**Numbers beyond double**": beyond_double,
    "**Fewer outputs than before**": fewer_outputs,
}


@pytest.mark.skipif(OLD, reason="sample weights came with scikit-learn 1.7")
@pytest.mark.parametrize("words", DIFFERENT)
def test_what_is_different_is_documented(words):
    if "double" in words and np.finfo(np.longdouble).max == np.finfo(float).max:
        pytest.skip("long double is double here")
    assert words in DOCUMENT.read_text()
    with pytest.raises(AssertionError):
        assert_same(*answers(DIFFERENT[words]))


def test_an_override_that_training_would_not_call_is_refused():
    for name in ("_backprop", "_forward_pass", "_compute_loss_grad", "_update_no_improvement_count"):
        own = type("Own", (ours.MLPClassifier,), {name: lambda self, *arguments: None})
        for fit in (own().fit, lambda X, y: own().partial_fit(X, y, classes=[0, 1, 2])):
            with pytest.raises(TypeError, match=rf"\[Own\] expected no {name} of its own"):
                fit(X, y)
    own = type("Own", (ours.MLPClassifier,), {"_predict": lambda self, X, check_input=True: "mine"})
    assert own(max_iter=1).fit(X, y).predict(X) == "mine"


def test_without_quirks_the_best_of_all_warm_starts_is_kept():
    model = classifier(
        ours, max_iter=3, early_stopping=True, warm_start=True, sklearn_quirks=False, learning_rate_init=0.05
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = [(model.fit(X, y).best_validation_score_, model.coefs_[0].copy()) for _ in range(8)]
    again = [k for k in range(1, 8) if best[k][0] == best[k - 1][0]]
    assert again
    for k in again:
        np.testing.assert_array_equal(best[k][1], best[k - 1][1])


def test_without_quirks_losses_are_exact():
    X, y = load_breast_cancer(return_X_y=True)
    model = ours.MLPClassifier((10,), random_state=0, max_iter=1, batch_size=len(X), alpha=0, sklearn_quirks=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
        start = ours.MLPClassifier((10,), random_state=0, max_iter=1, learning_rate_init=1e-300, batch_size=len(X)).fit(
            X, y
        )
    hidden = np.maximum(X @ start.coefs_[0] + start.intercepts_[0], 0)
    z = (hidden @ start.coefs_[1] + start.intercepts_[1]).ravel()
    exact = np.logaddexp(0, np.where(y == 1, -z, z)).mean()
    assert model.loss_ == pytest.approx(exact, rel=1e-12)
    assert abs(start.loss_ / exact - 1) > 1e-3
