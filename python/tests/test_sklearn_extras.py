# SPDX-License-Identifier: MIT
"""What scikit-learn's perceptrons do not offer."""

import _thread
import warnings

import numpy as np
import pytest
from gradus.sklearn import MLPClassifier, MLPRegressor
from gradus.sklearn._engine import MORE_ACTIVATIONS
from gradus.sklearn._table import MORE_SOLVERS
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_iris, y_iris = load_iris(return_X_y=True)
X_digits, y_digits = load_digits(return_X_y=True)
X_digits = X_digits / 16


def diabetes(outputs=1):
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    return X * 20, y if outputs == 1 else np.column_stack([(k + 1) * y for k in range(outputs)])


def test_class_weights_are_sample_weights():
    by_class = MLPClassifier((5,), class_weight={0: 1, 1: 3, 2: 0.5}, random_state=0, max_iter=5).fit(X_iris, y_iris)
    weights = np.array([1, 3, 0.5])[y_iris]
    by_sample = MLPClassifier((5,), random_state=0, max_iter=5).fit(X_iris, y_iris, sample_weight=weights)
    np.testing.assert_array_equal(by_class.coefs_[0], by_sample.coefs_[0])
    both = MLPClassifier((5,), class_weight="balanced", random_state=0, max_iter=5)
    both.fit(X_iris, y_iris, sample_weight=weights)
    np.testing.assert_array_equal(both.coefs_[0], by_sample.coefs_[0])  # 50 of each: balanced weighs 1


def test_class_weights_reach_the_rare_class():
    rare = np.r_[0:50, 100:103]
    X, y = X_iris[rare][:, :2], y_iris[rare]
    y = np.where(np.arange(len(y)) % 10 == 0, 2, y)
    plain = MLPClassifier((5,), solver="lbfgs", random_state=0, alpha=1).fit(X, y)
    weighted = clone(plain).set_params(class_weight={0: 1, 2: 20}).fit(X, y)
    assert (weighted.predict(X) == 2).sum() > (plain.predict(X) == 2).sum()


def test_partial_fit_wants_class_weights_in_numbers():
    with pytest.raises(ValueError, match="class weights as a dict"):
        MLPClassifier(class_weight="balanced").partial_fit(X_iris, y_iris, classes=[0, 1, 2])


def test_dropout_changes_training_alone():
    plain = MLPClassifier((30,), random_state=0, max_iter=3).fit(X_digits, y_digits)
    dropped = MLPClassifier((30,), random_state=0, max_iter=3, dropout=0.5).fit(X_digits, y_digits)
    none = MLPClassifier((30,), random_state=0, max_iter=3, dropout=[0.0]).fit(X_digits, y_digits)
    assert dropped.loss_ > plain.loss_
    np.testing.assert_array_equal(none.coefs_[0], plain.coefs_[0])
    np.testing.assert_array_equal(dropped.predict_proba(X_digits), dropped.predict_proba(X_digits))
    again = MLPClassifier((30,), random_state=0, max_iter=3, dropout=0.5).fit(X_digits, y_digits)
    np.testing.assert_array_equal(again.coefs_[0], dropped.coefs_[0])


@pytest.mark.parametrize("activation", [*sorted(MORE_ACTIVATIONS), ["tanh", "relu"]])
def test_every_activation_learns(activation):
    model = MLPClassifier((16, 8), activation, solver="lbfgs", random_state=0, max_iter=60).fit(X_iris, y_iris)
    assert model.score(X_iris, y_iris) > 0.9


def test_an_activation_for_each_layer_is_what_it_says():
    model = MLPRegressor(hidden_layer_sizes=(4, 3), activation=["tanh", "softplus"], random_state=0, max_iter=2)
    X, y = diabetes()
    model.fit(X, y)
    hidden = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
    hidden = np.log1p(np.exp(hidden @ model.coefs_[1] + model.intercepts_[1]))
    expected = (hidden @ model.coefs_[2] + model.intercepts_[2]).ravel()
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("solver", MORE_SOLVERS)
def test_every_solver_learns_and_goes_on(solver):
    X, y = diabetes()
    options = {"adamw": {"decay": 0.1}, "rmsprop": {"rho": 0.95}}.get(solver, {})
    settings = {"solver": solver, "solver_options": options, "random_state": 0, "hidden_layer_sizes": (8,)}
    full_batch = {"batch_size": len(X)} if solver in ("rprop", "quickprop") else {}
    model = MLPRegressor(**settings, **full_batch, learning_rate_init=0.01, max_iter=30).fit(X, y)
    assert model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]
    one_by_one = MLPRegressor(**settings, **full_batch, learning_rate_init=0.01, shuffle=False)
    at_once = clone(one_by_one).set_params(max_iter=4).fit(X, y)
    for _ in range(4):
        one_by_one.partial_fit(X, y)
    np.testing.assert_array_equal(one_by_one.coefs_[0], at_once.coefs_[0])


def test_an_unknown_option_is_named():
    with pytest.raises(ValueError, match="unknown option .rhoo.*lr, rho, eps"):
        MLPRegressor(solver="rmsprop", solver_options={"rhoo": 0.9}).fit(*diabetes())


def reference_loss(name, y, p, delta=1.0):
    error = np.abs(y - p)
    if name == "absolute_error":
        return error.mean()
    return np.where(error <= delta, error**2 / 2, delta * (error - delta / 2)).mean()


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_more_losses_are_reported_and_descended(loss, outputs):
    X, y = diabetes(outputs)
    settings = {"loss": loss, "alpha": 0, "random_state": 0, "batch_size": len(X)}
    settings |= {"huber_delta": 0.5} if loss == "huber" else {}
    model = MLPRegressor(**settings, max_iter=1).fit(X, y)
    before = model.predict(X)
    model.set_params(warm_start=True).fit(X, y)
    assert model.loss_curve_[1] == pytest.approx(reference_loss(loss, y, before, 0.5), rel=1e-12)
    assert MLPRegressor(**settings, max_iter=40, learning_rate_init=0.01).fit(X, y).loss_ < 0.7 * model.loss_


def test_the_absolute_error_shrugs_off_outliers():
    X = np.linspace(0, 1, 50)[:, np.newaxis]
    y = 2 * X.ravel()
    y[::10] += 100
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 0, "random_state": 0, "max_iter": 500}
    huber = MLPRegressor(loss="huber", huber_delta=0.01, **settings).fit(X, y)
    squares = MLPRegressor(**settings).fit(X, y)
    assert abs(huber.predict([[0.5]])[0] - 1) < 0.05
    assert abs(squares.predict([[0.5]])[0] - 1) > 1


def test_callbacks_see_every_epoch_and_may_stop():
    seen = []

    def watch(model):
        seen.append((model.n_iter_, model.loss_, model.predict(X_iris[:1])[0]))
        return model.n_iter_ == 4

    model = MLPClassifier((5,), random_state=0, callbacks=[watch, lambda model: None], max_iter=50)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(X_iris, y_iris)
    assert [n for n, _, _ in seen] == [1, 2, 3, 4]
    assert model.loss_curve_ == [loss for _, loss, _ in seen]


def test_callbacks_see_every_iteration_of_lbfgs_and_may_stop():
    losses = []

    def watch(model):
        losses.append(model.loss_)
        return model.n_iter_ == 3

    model = MLPClassifier((5,), solver="lbfgs", random_state=0, callbacks=watch).fit(X_iris, y_iris)
    assert len(losses) == model.n_iter_ == 3
    assert losses == sorted(losses, reverse=True)
    assert model.loss_ == losses[-1]


def test_a_callback_that_raises_is_heard_and_leaves_a_model():
    def complain(model):
        if model.n_iter_ == 2:
            raise RuntimeError("enough")

    for solver in ("adam", "lbfgs"):
        model = MLPClassifier((5,), solver=solver, random_state=0, callbacks=complain)
        with pytest.raises(RuntimeError, match="enough"):
            model.fit(X_iris, y_iris)
        assert model.predict(X_iris).shape == y_iris.shape
        assert model.n_iter_ == 2


def test_control_c_ends_training_and_keeps_the_model():
    def interrupt(model):
        if model.n_iter_ == 3:
            _thread.interrupt_main()

    model = MLPClassifier((5,), random_state=0, callbacks=interrupt, max_iter=1000, n_iter_no_change=1000)
    with pytest.warns(UserWarning, match="Training interrupted by user."):
        model.fit(X_iris, y_iris)
    assert 3 <= model.n_iter_ <= 4
    assert model.predict(X_iris).shape == y_iris.shape


def test_the_validation_loss_stands_beside_the_score():
    model = MLPClassifier((16,), early_stopping=True, random_state=0, max_iter=20, n_iter_no_change=20)
    last = {}

    def keep(model):
        last["p"] = model.predict_proba(X_digits)

    model.set_params(callbacks=keep).fit(X_digits, y_digits)
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == model.n_iter_
    assert model.validation_loss_curve_[-1] < model.validation_loss_curve_[0]
    plain = MLPClassifier((16,), random_state=0, max_iter=2).fit(X_digits, y_digits)
    assert plain.validation_loss_curve_ is None


def test_early_stopping_by_any_scorer():
    calls = []

    def by_log_loss(model, X, y):
        calls.append(len(X))
        return -log_loss(y, model.predict_proba(X), labels=model.classes_)

    settings = {"early_stopping": True, "random_state": 0, "max_iter": 12, "n_iter_no_change": 20}
    own = MLPClassifier((8,), scoring=by_log_loss, **settings).fit(X_digits, y_digits)
    named = MLPClassifier((8,), scoring="neg_log_loss", **settings).fit(X_digits, y_digits)
    assert calls == [180] * 12
    np.testing.assert_allclose(own.validation_scores_, named.validation_scores_, rtol=1e-12)
    np.testing.assert_allclose(own.validation_scores_, -np.array(own.validation_loss_curve_), rtol=1e-9)
    accuracy = MLPClassifier((8,), scoring="accuracy", **settings).fit(X_digits, y_digits)
    default = MLPClassifier((8,), **settings).fit(X_digits, y_digits)
    assert accuracy.validation_scores_ == default.validation_scores_


def test_a_scorer_does_not_stumble_over_feature_names():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(X_iris, columns=list("abcd"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPClassifier((4,), early_stopping=True, scoring="accuracy", max_iter=3).fit(X, y_iris)


def test_given_weights_begin_the_training_and_leave_the_shuffles():
    plain = MLPClassifier((5,), random_state=0, max_iter=4).fit(X_iris, y_iris)
    start = {}

    class Peek(MLPClassifier):
        def _fit_stochastic(self, *args):
            start["coefs"] = [c.copy() for c in self.coefs_]
            start["intercepts"] = [i.copy() for i in self.intercepts_]
            super()._fit_stochastic(*args)

    Peek((5,), random_state=0, max_iter=1).fit(X_iris, y_iris)
    given = MLPClassifier(
        (5,), random_state=0, max_iter=4, coefs_init=start["coefs"], intercepts_init=start["intercepts"]
    ).fit(X_iris, y_iris)
    np.testing.assert_array_equal(given.coefs_[0], plain.coefs_[0])
    zero = MLPClassifier((5,), max_iter=1, coefs_init=[np.zeros((4, 5)), np.zeros((5, 3))]).fit(X_iris, y_iris)
    assert np.abs(zero.coefs_[0]).max() < 0.01
    with pytest.raises(ValueError, match=r"coefs_init must have arrays of shapes \[\(4, 5\), \(5, 3\)\]"):
        MLPClassifier((5,), coefs_init=[np.zeros((4, 5)), np.zeros((5, 2))]).fit(X_iris, y_iris)


def test_an_ensemble_is_the_mean_of_its_seeds():
    settings = {"hidden_layer_sizes": (5,), "max_iter": 5}
    model = MLPClassifier(n_seeds=4, random_state=10, **settings).fit(X_iris, y_iris)
    members = [MLPClassifier(random_state=10 + k, **settings).fit(X_iris, y_iris) for k in range(4)]
    outputs = np.stack([m.predict_proba(X_iris) for m in members])
    np.testing.assert_allclose(model.predict_proba(X_iris), outputs.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(model.predict_spread(X_iris), outputs.std(axis=0), rtol=1e-12, atol=1e-16)
    np.testing.assert_array_equal(model.predict(X_iris), outputs.mean(axis=0).argmax(axis=1))
    assert model.best_index_ == np.argmin([m.loss_ for m in members])
    np.testing.assert_array_equal(model.coefs_[0], members[model.best_index_].coefs_[0])


def test_the_best_of_many_seeds():
    X, y = diabetes()
    model = MLPRegressor(hidden_layer_sizes=(5,), n_seeds=3, ensemble="best", random_state=0, max_iter=5).fit(X, y)
    best = model.estimators_[model.best_index_]
    assert model.loss_ == min(m.loss_ for m in model.estimators_)
    np.testing.assert_array_equal(model.predict(X), best.predict(X))
    assert model.predict_spread(X).shape == y.shape
    stopped = MLPRegressor(n_seeds=2, early_stopping=True, random_state=0, max_iter=5).fit(X, y)
    assert stopped.best_validation_score_ == max(m.best_validation_score_ for m in stopped.estimators_)


def test_an_ensemble_learns_part_by_part():
    model = MLPClassifier((5,), n_seeds=2, random_state=0)
    for part in np.array_split(np.random.RandomState(0).permutation(150), 3):
        model.partial_fit(X_iris[part], y_iris[part], classes=[0, 1, 2])
    assert [m.t_ for m in model.estimators_] == [150, 150]
    assert model.predict(X_iris).shape == y_iris.shape


def test_without_quirks_outputs_do_not_change_the_step():
    # Every output the same: the mean over them has the loss, and so the gradient by the shared layer, of one.
    X, y = diabetes()
    settings = {"hidden_layer_sizes": (3,), "solver": "sgd", "alpha": 0, "random_state": 0, "sklearn_quirks": False}
    settings |= {"max_iter": 1, "batch_size": len(X), "momentum": 0}
    W = [np.full((10, 3), 0.1), np.ones((3, 1))]
    b = [np.zeros(3), np.zeros(1)]
    one = MLPRegressor(coefs_init=W, intercepts_init=b, **settings).fit(X, y)
    W3, b3 = [W[0], np.ones((3, 3))], [b[0], np.zeros(3)]
    three = MLPRegressor(coefs_init=W3, intercepts_init=b3, **settings).fit(X, np.column_stack([y, y, y]))
    quirky = MLPRegressor(coefs_init=W3, intercepts_init=b3, **{**settings, "sklearn_quirks": True})
    quirky.fit(X, np.column_stack([y, y, y]))
    np.testing.assert_allclose(three.coefs_[0], one.coefs_[0], rtol=1e-12)
    assert three.loss_ == pytest.approx(one.loss_, rel=1e-12)
    np.testing.assert_allclose(quirky.coefs_[0] - W[0], 3 * (one.coefs_[0] - W[0]), rtol=1e-9)


def test_without_quirks_a_warm_start_goes_on():
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "warm_start": True, "n_iter_no_change": 100}
    at_once = MLPClassifier(**settings, max_iter=6).fit(X_iris, y_iris)
    right = MLPClassifier(**settings, max_iter=3, sklearn_quirks=False)
    quirky = MLPClassifier(**settings, max_iter=3)
    for model in (right, quirky):
        model.fit(X_iris, y_iris).fit(X_iris, y_iris)
    # The shuffles begin anew from 0, 1, 2, ... but the stream and Adam's means go on.
    assert abs(right.loss_ - at_once.loss_) < abs(quirky.loss_ - at_once.loss_)


def test_without_quirks_one_class_and_a_silent_lbfgs_are_refused():
    with pytest.raises(ValueError, match="at least two classes"):
        MLPClassifier(sklearn_quirks=False).fit(X_iris[:50], y_iris[:50])
    assert hasattr(MLPRegressor(solver="lbfgs"), "partial_fit")
    assert not hasattr(MLPRegressor(solver="lbfgs", sklearn_quirks=False), "partial_fit")
