# SPDX-License-Identifier: MIT
"""What cannot be: in scikit-learn's own words, read off its own estimators."""

import re

import gradus.sklearn as ours
import numpy as np
import pytest
import sklearn.neural_network as theirs
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

pytestmark = pytest.mark.filterwarnings("ignore")

RANDOM = np.random.RandomState(0)
X = RANDOM.standard_normal((12, 3))
Y = np.arange(12) % 3
NUMBERS = RANDOM.standard_normal(12)


def with_value(value):
    bad = X.copy()
    bad[5, 1] = value
    return bad


def fit(X, y, **settings):
    return lambda estimator: estimator(**{"max_iter": 2, **settings}).fit(X, y)


def after_fit(method, *arguments):
    return lambda estimator: getattr(estimator(max_iter=2).fit(X, Y), method)(*arguments)


class TwoColumns:
    """Neither an array nor a list."""


BOTH = {
    "x of one dimension": fit(X[:, 0], Y),
    "x of three dimensions": fit(X[:, :, np.newaxis], Y),
    "x that is one number": fit(3.0, Y),
    "no samples": fit(X[:0], Y[:0]),
    "no features": fit(X[:, :0], Y),
    "NaN": fit(with_value(np.nan), Y),
    "infinity": fit(with_value(np.inf), Y),
    "infinity in float32": fit(with_value(np.inf).astype("f"), Y),
    "NaN in a sparse matrix": fit(csr_array(with_value(np.nan)), Y),
    "x and y of other lengths": fit(X, Y[:-1]),
    "y missing": fit(X, None),
    "y with NaN": fit(X, np.where(np.arange(12) == 3, np.nan, NUMBERS)),
    "complex numbers": fit(X + 1j, Y),
    "text in x": fit(X.astype(str).astype(object) + "a", Y),
    "x of objects that are no numbers": fit(np.array([[TwoColumns()] * 3] * 12, dtype=object), Y),
    "a hidden layer of no units": fit(X, Y, hidden_layer_sizes=(4, 0)),
    "a hidden layer of negative size": fit(X, Y, hidden_layer_sizes=(-1,)),
    "one hidden layer of negative size": fit(X, Y, hidden_layer_sizes=-1),
    "an unknown learning rate": fit(X, Y, learning_rate="faster"),
    "a negative penalty": fit(X, Y, alpha=-1),
    "a learning rate of 0": fit(X, Y, learning_rate_init=0),
    "a momentum above 1": fit(X, Y, momentum=1.5),
    "no iterations": fit(X, Y, max_iter=0),
    "beta of 1": fit(X, Y, beta_1=1),
    "a batch of 0": fit(X, Y, batch_size=0),
    "a random state that is none": fit(X, Y, random_state="seven"),
    "shuffle that is no bool": fit(X, Y, shuffle="yes"),
    "a validation fraction of 1": fit(X, Y, early_stopping=True, validation_fraction=1.0),
    "a validation set of one": fit(X[:4], NUMBERS[:4] > 0, early_stopping=True, validation_fraction=0.1),
    "weights of another length": lambda estimator: estimator(max_iter=2).fit(X, Y, sample_weight=np.ones(5)),
    "weights of two dimensions": lambda estimator: estimator(max_iter=2).fit(X, Y, sample_weight=np.ones((12, 2))),
    "predict before fit": lambda estimator: estimator().predict(X),
    "predict with other features": after_fit("predict", X[:, :2]),
    "predict one sample as a row": after_fit("predict", X[0]),
    "predict NaN": after_fit("predict", with_value(np.nan)),
    "predict nothing": after_fit("predict", X[:0]),
    "partial_fit with other features": after_fit("partial_fit", X[:, :2], Y),
}
SINCE_1_7 = ("weights of another length", "weights of two dimensions", "a validation set of one")
OF_THE_CLASSIFIER = {
    "continuous y": fit(X, NUMBERS),
    "y of several kinds": fit(X, np.array([1, "a", None] * 4, dtype=object)),
    "multi-output classes": fit(X, np.column_stack([Y, Y])),
    "unseen classes in partial_fit": lambda estimator: (
        estimator().partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y + 1)
    ),
    "no classes in partial_fit": lambda estimator: estimator().partial_fit(X, Y),
    "other classes in partial_fit": lambda estimator: (
        estimator().partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y, classes=[0, 1, 2, 3])
    ),
    "other classes in a warm start": lambda estimator: estimator(warm_start=True, max_iter=2).fit(X, Y).fit(X, Y + 1),
    "partial_fit with lbfgs": lambda estimator: estimator(solver="lbfgs").partial_fit(X, Y),
    "predict_proba before fit": lambda estimator: estimator().predict_proba(X),
    "a class with one member and early stopping": fit(X, np.arange(12) == 3, early_stopping=True),
}
OF_THE_REGRESSOR = {
    "weights that explode": lambda estimator: estimator(
        max_iter=40, solver="sgd", learning_rate_init=1e6, activation="identity", alpha=100
    ).fit(X * 1e4, Y),
    "y of three dimensions": fit(X, NUMBERS[:, np.newaxis, np.newaxis]),
}


def complaint(action, estimator):
    with pytest.raises(Exception) as caught:
        action(estimator)
    # Scikit-learn prints sets in the order of their hashes, which is another one each time.
    words = re.sub(r"{(.*?)}", lambda braces: str(sorted(braces[1].split(", "))), str(caught.value))
    return type(caught.value), words


def expect_the_same_words(action, name):
    their_type, their_words = complaint(action, getattr(theirs, name))
    our_type, our_words = complaint(action, getattr(ours, name))
    assert our_type is their_type
    assert our_words == their_words


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("what", BOTH)
def test_both_complain_as_scikit_learn(what, name):
    if what in SINCE_1_7 and "loss" not in theirs.MLPRegressor().get_params():
        pytest.skip("scikit-learn complains since 1.7")
    expect_the_same_words(BOTH[what], name)


@pytest.mark.parametrize("what", OF_THE_CLASSIFIER)
def test_the_classifier_complains_as_scikit_learns(what):
    expect_the_same_words(OF_THE_CLASSIFIER[what], "MLPClassifier")


@pytest.mark.parametrize("what", OF_THE_REGRESSOR)
def test_the_regressor_complains_as_scikit_learns(what):
    expect_the_same_words(OF_THE_REGRESSOR[what], "MLPRegressor")


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: a[:, ::-1][:, ::-1],
        np.ndarray.tolist,
        lambda a: a.astype(object),
    ],
)
def test_every_layout_gives_the_same_model(layout):
    for name in ("MLPClassifier", "MLPRegressor"):
        plain = getattr(ours, name)(random_state=0, max_iter=3).fit(X, Y)
        other = getattr(ours, name)(random_state=0, max_iter=3).fit(layout(X), Y)
        np.testing.assert_array_equal(other.coefs_[0], plain.coefs_[0])
        np.testing.assert_array_equal(other.predict(layout(X)), plain.predict(X))


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint16, bool, np.float16])
def test_every_number_type_is_taken_as_scikit_learn_takes_it(dtype):
    whole = (X > 0).astype(dtype)
    models = [module.MLPRegressor(random_state=0, max_iter=3).fit(whole, NUMBERS) for module in (theirs, ours)]
    assert models[1].coefs_[0].dtype == models[0].coefs_[0].dtype
    np.testing.assert_allclose(models[1].predict(whole), models[0].predict(whole), rtol=1e-8)


def test_text_in_numbers_is_a_value_error():
    with pytest.raises(ValueError, match="could not convert string to float"):
        ours.MLPRegressor().fit(X, np.array(["a", "b", "c"] * 4))


def test_not_fitted_is_its_own_error():
    with pytest.raises(NotFittedError):
        ours.MLPRegressor().predict(X)
    with pytest.raises(NotFittedError):
        ours.MLPRegressor(n_seeds=2).predict_spread(X)


def test_what_only_ours_has_is_checked_too():
    for settings, words in (
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"dropout": [0.1, 0.2]}, "dropout must be one value, or one for each of the 1 hidden layers"),
        ({"activation": ["relu", "tanh"]}, "activation must be one value, or one for each"),
        ({"activation": ["rely"]}, "activation must be of"),
        ({"n_seeds": 0}, "'n_seeds' parameter"),
        ({"ensemble": "median"}, "'ensemble' parameter"),
        ({"scoring": "acuracy", "early_stopping": True}, "'acuracy' is not a valid scoring value"),
        ({"callbacks": 3}, "'callbacks' parameter"),
        ({"solver": "adma"}, "'solver' parameter"),
    ):
        with pytest.raises(ValueError, match=words):
            ours.MLPClassifier(**settings).fit(X, Y)
