# SPDX-License-Identifier: MIT
"""The estimators among scikit-learn's tools: copies, pipelines, searches, other processes."""

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pytest
from gradus.sklearn import MLPClassifier, MLPRegressor
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score, learning_curve
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)


def fitted(**settings):
    return MLPClassifier((5,), random_state=0, max_iter=5, **settings).fit(X, y)


def by_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "joblib": by_joblib,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


SETTINGS = [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"n_seeds": 2}, {"early_stopping": True}]


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_copy_predicts_and_learns_on_as_the_model(how, settings):
    model = fitted(**settings)
    twin = COPIES[how](model)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.get_params() == model.get_params()
    if how == "copy" or settings.get("solver") == "lbfgs" or "early_stopping" in settings:
        return  # a shallow copy shares the optimizer; the others do not learn by parts
    before = model.predict_proba(X)
    twin.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)  # not by its twin
    model.partial_fit(X, y)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_a_pickle_of_another_version_is_refused_in_words():
    state = fitted().__getstate__()
    model = MLPClassifier.__new__(MLPClassifier)
    with pytest.raises(ValueError, match=r"\[MLPClassifier\] expected a pickle of format 2.*format 3 of gradus 9.1"):
        model.__setstate__({**state, "_gradus_format": 3, "_gradus_version": "9.1"})
    state.pop("_gradus_format")
    with pytest.raises(ValueError, match="got format None"):
        model.__setstate__(state)


def test_parameters_are_got_set_and_cloned():
    model = MLPRegressor(loss="huber", huber_delta=2.0, callbacks=[print], n_seeds=3)
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(alpha=0.5).alpha == 0.5
    assert repr(MLPClassifier(dropout=0.5)) == "MLPClassifier(dropout=0.5)"
    with pytest.raises(ValueError, match="Invalid parameter 'alfa'"):
        model.set_params(alfa=1)


def test_weights_that_users_put_in_place_are_used():
    model = fitted()
    expected = model.predict_proba(X)
    twin = clone(model).set_params(max_iter=1).fit(X, y)
    twin.coefs_, twin.intercepts_ = [c.copy() for c in model.coefs_], list(model.intercepts_)
    np.testing.assert_array_equal(twin.predict_proba(X), expected)
    twin.coefs_[1] = np.zeros((5, 3))
    twin.intercepts_[1][...] = 0
    np.testing.assert_allclose(twin.predict_proba(X), 1 / 3)
    model.coefs_[1][...] = 0  # in place
    model.intercepts_[1][...] = 0
    np.testing.assert_allclose(model.predict_proba(X), 1 / 3)
    twin.partial_fit(X, y)
    assert np.abs(twin.coefs_[1]).max() > 0


def test_pipelines_searches_and_scores():
    model = MLPClassifier((5,), random_state=0, max_iter=40, learning_rate_init=0.02)
    pipeline = make_pipeline(StandardScaler(), model)
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    grid = {"mlpclassifier__alpha": [1e-4, 1e-2], "mlpclassifier__activation": ["tanh", ["relu"], "gelu"]}
    one = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    many = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(many.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"])
    assert one.best_score_ > 0.9


def test_searches_by_threads_give_the_same():
    model = MLPClassifier((5,), random_state=0, max_iter=10)
    one = cross_val_score(model, X, y, cv=4)
    with joblib.parallel_backend("threading", n_jobs=2):
        np.testing.assert_array_equal(cross_val_score(model, X, y, cv=4, n_jobs=2), one)


def test_a_search_over_dask_is_scikit_learns_own():
    distributed = pytest.importorskip("distributed")
    grid = {"alpha": [1e-4, 1e-1]}
    search = GridSearchCV(MLPClassifier((5,), random_state=0, max_iter=10), grid, cv=2, n_jobs=2)
    expected = clone(search).set_params(n_jobs=1).fit(X, y).cv_results_["mean_test_score"]
    with (
        warnings.catch_warnings(),
        distributed.Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None),
        joblib.parallel_backend("dask"),
    ):
        search.fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_meta_estimators_take_ours():
    model = MLPClassifier((5,), random_state=0, max_iter=80, learning_rate_init=0.02)
    for meta in (
        CalibratedClassifierCV(model, cv=2),
        BaggingClassifier(model, n_estimators=2, random_state=0),
        VotingClassifier([("a", model), ("b", clone(model))], voting="soft"),
    ):
        assert meta.fit(X, y).score(X, y) > 0.7
    two = MultiOutputClassifier(model).fit(X, np.column_stack([y, y > 0]))
    assert two.predict(X).shape == (150, 2)
    X_numbers, numbers = load_diabetes(return_X_y=True)
    scaled = TransformedTargetRegressor(
        MLPRegressor(hidden_layer_sizes=(5,), solver="lbfgs", random_state=0, max_iter=50), transformer=StandardScaler()
    )
    assert scaled.fit(X_numbers * 20, numbers).score(X_numbers * 20, numbers) > 0.4
    assert permutation_importance(fitted(), X, y, n_repeats=2).importances.shape == (4, 2)
    assert len(learning_curve(model, X, y, train_sizes=[0.5, 1.0], cv=2)[0]) == 2


def test_feature_names_are_kept_and_checked():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    model = MLPClassifier((5,), random_state=0, max_iter=5).fit(frame, y)
    np.testing.assert_array_equal(model.feature_names_in_, ["a", "b", "c", "d"])
    np.testing.assert_array_equal(model.predict(frame), fitted().predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"a": "z"}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


def test_output_of_a_pipeline_may_be_a_frame():
    pandas = pytest.importorskip("pandas")
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=5)).set_output(transform="pandas")
    pipeline.fit(X, y)
    assert isinstance(pipeline[:-1].transform(X), pandas.DataFrame)
    assert pipeline[-1].n_features_in_ == 4


def test_many_threads_predict_with_one_model():
    model = fitted()
    expected = model.predict_proba(X)
    results = joblib.Parallel(n_jobs=4, prefer="threads")(joblib.delayed(model.predict_proba)(X) for _ in range(40))
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_the_types_name_the_parameters_that_there_are():
    import ast
    import inspect
    from pathlib import Path

    import gradus.sklearn

    stub = ast.parse(Path(gradus.sklearn.__file__).with_suffix(".pyi").read_text())
    for node in stub.body:
        if not isinstance(node, ast.ClassDef) or node.name not in gradus.sklearn.__all__:
            continue
        (init,) = (f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__")
        typed = [a.arg for a in (*init.args.args, *init.args.kwonlyargs)]
        signature = inspect.signature(getattr(gradus.sklearn, node.name).__init__)
        assert typed == list(signature.parameters)


def test_the_examples_of_the_docstrings_give_what_they_say():
    import doctest

    from gradus.sklearn import _classifier, _regressor

    for module in (_classifier, _regressor):
        result = doctest.testmod(module)
        assert result.attempted > 0 and result.failed == 0
