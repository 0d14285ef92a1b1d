# SPDX-License-Identifier: MIT
"""Scikit-learn's checks of any estimator, of ours and of its own."""

import warnings

import gradus.sklearn as ours
import pytest
import sklearn.neural_network as theirs
from sklearn.utils.estimator_checks import check_estimator


def failures(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 40
    return {result["check_name"] for result in results if result["status"] == "failed"}


@pytest.mark.parametrize(
    "name, settings",
    [
        ("MLPClassifier", {"max_iter": 100}),
        ("MLPClassifier", {"solver": "lbfgs", "max_iter": 10}),
        ("MLPRegressor", {"max_iter": 100}),
    ],
)
def test_no_check_fails_that_scikit_learns_own_passes(name, settings):
    own = failures(getattr(ours, name)(**settings))
    assert own <= failures(getattr(theirs, name)(**settings))


def test_a_broken_estimator_is_caught():
    class Forgetful(ours.MLPClassifier):
        def predict(self, X):
            return super().predict(X)[:-1]

    assert "check_classifiers_train" in failures(Forgetful(max_iter=2))
