# SPDX-License-Identifier: MIT
"""Scikit-learn's own tests of its perceptrons, run against ours: the installed file is executed with the two classes
exchanged for its imports, and pytest collects from here what it defines. None is left out, but for one of scikit-learn 1.6
that calls a private method without the sample weights that came with 1.7."""

import importlib.util
from pathlib import Path
from unittest import mock

import gradus.sklearn
import pytest
import sklearn.neural_network


def _foreign_tests():
    path = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
    spec = importlib.util.spec_from_file_location("foreign_test_mlp", path)
    module = importlib.util.module_from_spec(spec)
    with (
        mock.patch.object(sklearn.neural_network, "MLPClassifier", gradus.sklearn.MLPClassifier),
        mock.patch.object(sklearn.neural_network, "MLPRegressor", gradus.sklearn.MLPRegressor),
    ):
        spec.loader.exec_module(module)
    return module


_module = _foreign_tests()
if "loss" not in sklearn.neural_network.MLPRegressor().get_params():
    _module.test_gradient = pytest.mark.skip("calls a private method as in scikit-learn 1.6")(_module.test_gradient)
globals().update({name: test for name, test in vars(_module).items() if name.startswith("test_")})


@pytest.fixture
def global_random_seed():
    """Scikit-learn's conftest has it; 42 is its default."""
    return 42


def test_the_foreign_tests_see_our_classes_and_are_all_there():
    assert _module.MLPClassifier is gradus.sklearn.MLPClassifier
    assert _module.MLPRegressor is gradus.sklearn.MLPRegressor
    assert sum(name.startswith("test_") for name in vars(_module)) >= 38
