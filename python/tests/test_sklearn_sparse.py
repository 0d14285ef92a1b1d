# SPDX-License-Identifier: MIT
"""Sparse samples give the numbers of dense ones to the last bit, whatever their layout, the solver and the number type."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from gradus import Network
from gradus._core import estimator
from gradus.sklearn import MLPClassifier, MLPRegressor
from gradus.sklearn._engine import csr_parts
from scipy.sparse import csc_array, csr_array, csr_matrix

pytestmark = pytest.mark.filterwarnings("ignore")

N, FEATURES = 61, 900


def samples(dtype, seed=0):
    """Untidy CSR: rows without an entry, zeros that are stored, columns out of order, and some twice."""
    random = np.random.RandomState(seed)
    rows, columns, values = [0], [], []
    for i in range(N):
        count = 0 if i % 9 == 4 else random.randint(1, 30)
        own = random.randint(FEATURES, size=count)
        columns.extend(own)
        values.extend(np.where(random.random_sample(count) < 0.1, -0.0, random.standard_normal(count)))
        rows.append(len(columns))
    data = np.array(values, dtype)
    return csr_array((data, np.array(columns, np.int32), np.array(rows, np.int32)), shape=(N, FEATURES))


def with_long_indices(X):
    Z = csr_array(X.shape, dtype=X.dtype)
    Z.data, Z.indices, Z.indptr = X.data.copy(), X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return Z


LAYOUTS = {
    "as it is": lambda X: X,
    "matrix": csr_matrix,
    "int64": with_long_indices,
    "tidy": lambda X: csr_array(X.toarray()),
    "columns": lambda X: csc_array(X.toarray()),
}
SETTINGS = [
    {},
    {"solver": "sgd", "alpha": 0, "momentum": 0},
    {"solver": "sgd", "alpha": 0, "momentum": 0, "learning_rate": "invscaling", "shuffle": False},
    {"solver": "sgd", "alpha": 0.5, "momentum": 0},
    {"solver": "sgd", "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 1},
    {"alpha": 0, "batch_size": 7},
    {"alpha": 10.0, "batch_size": 1},
    {"solver": "sgd", "alpha": 0, "momentum": 0, "batch_size": 1},
    {"solver": "adamw"},
    {"solver": "rprop", "batch_size": 61},
    {"solver": "lbfgs", "max_iter": 3},
    {"early_stopping": True, "validation_fraction": 0.3},
    {"dropout": 0.4},
    {"hidden_layer_sizes": (33, 5), "activation": "tanh"},
    {"hidden_layer_sizes": (20,), "activation": ["gelu"]},
    {"hidden_layer_sizes": (19,), "activation": "logistic"},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": (1, 3)},
]


def learned(model):
    curves = [getattr(model, name, None) for name in ("loss_curve_", "validation_scores_", "validation_loss_curve_")]
    return [*model.coefs_, *model.intercepts_, model.loss_, *(c for c in curves if c), [model.n_iter_, model.t_]]


def assert_same_bits(found, expected):
    for a, b in zip(found, expected, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
        if a.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("dtype", ["d", "f"])
def test_a_sparse_fit_is_the_dense_one(settings, dtype):
    X = samples(dtype)
    usual = {"hidden_layer_sizes": (21,), "max_iter": 3, "random_state": 0, "batch_size": 20}
    settings = (
        {**usual, **settings} if settings.get("solver") != "lbfgs" else {**usual, "batch_size": "auto", **settings}
    )
    for number, (make, y) in enumerate(
        (
            (MLPClassifier, np.arange(N) % 3),
            (MLPRegressor, np.arange(2.0 * N).reshape(N, 2)),
            (MLPClassifier, np.arange(N) % 2),
        )
    ):
        weights = np.linspace(0, 2, N) if number == 1 else None
        dense = make(**settings).fit(X.toarray(), y, sample_weight=weights)
        layout = LAYOUTS[list(LAYOUTS)[(number + len(str(settings))) % len(LAYOUTS)]]
        sparse = make(**settings).fit(layout(X), y, sample_weight=weights)
        assert_same_bits(learned(sparse), learned(dense))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["d", "f"])
def test_sparse_predictions_have_the_bits_of_dense_ones(layout, dtype):
    X = samples(dtype)
    for make, y in ((MLPClassifier, np.arange(N) % 3), (MLPRegressor, np.arange(1.0 * N))):
        for settings in ({}, {"hidden_layer_sizes": ()}, {"activation": "logistic"}, {"hidden_layer_sizes": (5, 4)}):
            model = make(**{"hidden_layer_sizes": (21,), "max_iter": 2, "random_state": 0, **settings}).fit(X, y)
            ask = getattr(model, "predict_proba", model.predict)
            for samples_asked in (X, X.astype("f" if dtype == "d" else "d")):
                assert_same_bits([ask(LAYOUTS[layout](samples_asked))], [ask(samples_asked.toarray())])


def test_dense_and_sparse_samples_may_take_turns():
    X = samples("d")
    y = np.arange(N) % 3
    for settings in ({}, {"solver": "sgd"}, {"solver": "sgd", "alpha": 0, "momentum": 0}):
        models = [MLPClassifier((21,), random_state=0, batch_size=20, **settings) for _ in range(2)]
        for turn in range(5):
            models[0].partial_fit(X.toarray(), y, classes=[0, 1, 2])
            models[1].partial_fit(X if turn in (1, 2, 4) else X.toarray(), y, classes=[0, 1, 2])
        assert_same_bits(learned(models[1]), learned(models[0]))


def test_a_sparse_training_goes_on_from_a_pickle_and_with_changed_weights():
    X = samples("f")
    y = np.arange(N) % 3
    models = [MLPClassifier((21,), random_state=0, batch_size=20) for _ in range(2)]
    for turn in range(4):
        models[0].partial_fit(X.toarray(), y, classes=[0, 1, 2])
        models[1] = pickle.loads(pickle.dumps(models[1].partial_fit(X, y, classes=[0, 1, 2])))
        for model in models:
            model.coefs_[0][turn] *= 0.5
    assert_same_bits(learned(models[1]), learned(models[0]))


def test_a_sparse_training_that_diverges_ends_as_the_dense_one():
    X = samples("d") * 1e150
    y = np.arange(1.0 * N)
    answers = []
    for Z in (X.toarray(), X):
        model = MLPRegressor(
            hidden_layer_sizes=(21,), solver="sgd", learning_rate_init=1e10, batch_size=20, random_state=0, max_iter=3
        )
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            model.fit(Z, y)
        answers.append([model.n_iter_, *np.isfinite(model.loss_curve_)])
    assert answers[1] == answers[0]


def trainer(settings=""):
    return estimator.Trainer64(
        Network("900-21relu-3softmax"), "cross-entropy", 1.0, "sgd:lr=0.1" + settings, 0.0, 20, 0
    )


def test_sparse_samples_are_taken_as_they_are_where_dense_ones_are_products():
    assert trainer().takes_sparse(N)
    assert not trainer().takes_sparse(1)  # a batch of one, by plain descent
    assert trainer(",momentum=0.5").takes_sparse(1)


def test_a_column_out_of_range_is_an_error_and_not_a_read_of_other_memory():
    X = samples("d")
    model = MLPRegressor(hidden_layer_sizes=(21,), max_iter=1, random_state=0).fit(X, np.arange(1.0 * N))
    for column in (-1, FEATURES, 2**31 - 1):
        spoiled = X.copy()
        spoiled.indices[3] = column
        for call in (model.predict, lambda Z: model.partial_fit(Z, np.arange(1.0 * N))):
            with pytest.raises(ValueError, match=rf"expected columns from 0 to {FEATURES - 1}, got {column}"):
                call(spoiled)


def test_parts_that_do_not_fit_together_are_refused():
    values, columns, starts, cols = csr_parts(samples("d"), "d")
    theta = np.zeros(FEATURES + 1)
    for bad in (
        (values[:-1], columns, starts, cols),
        (values, columns, starts[::-1].copy(), cols),
        (values, columns, starts[:0], cols),
        (values, columns, starts, cols - 1),
    ):
        with pytest.raises(ValueError, match="expected"):
            estimator.sparse_outputs(Network("900-1"), theta, bad)


def test_a_training_writes_out_no_sparse_samples():
    code = """
import resource, numpy as np
from scipy.sparse import random
from gradus.sklearn import MLPRegressor
X = random(3000, 40000, density=1e-3, random_state=0, format="csr")
y = np.arange(3000.0)
small = MLPRegressor(hidden_layer_sizes=(16,), solver=SOLVER, alpha=ALPHA, momentum=0, max_iter=1, random_state=0).fit(X[:500, :4000], y[:500])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = MLPRegressor(hidden_layer_sizes=(16,), solver=SOLVER, alpha=ALPHA, momentum=0, max_iter=2, random_state=0).fit(X, y)
model.predict(X)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024, model.coefs_[0].nbytes, X.data.nbytes + X.indices.nbytes)
"""
    for solver, alpha, arrays in (("sgd", 0, 5), ("sgd", 0.1, 5), ("adam", 0.1, 7)):
        text = code.replace("SOLVER", repr(solver)).replace("ALPHA", repr(alpha))
        grown, weights, csr = map(int, subprocess.check_output([sys.executable, "-c", text], text=True).split())
        # The model's weights, those that are drawn, scikit-learn's copy for early stopping, the training's, what Adam
        # remembers; written out, a batch alone would be 64 MB, and the whole 960 MB.
        assert grown < 1.2 * (arrays * weights + csr), (solver, alpha, grown / weights)
