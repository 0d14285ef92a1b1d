# SPDX-License-Identifier: MIT
"""Weights of PyTorch and scikit-learn are taken over as they compute there; what is handed on comes back."""

import pathlib

import gradus as gd
import gradus.sklearn
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures/torch"


def fitted(kind, x, y, **options):
    options = {"hidden_layer_sizes": (5, 3), "max_iter": 30, "random_state": 7, **options}
    with np.errstate(all="ignore"), pytest.warns(match="Maximum iterations"):
        return kind(**options).fit(x, y)


def test_a_file_of_pytorch_is_taken_with_its_order_and_its_remarks():
    model, remarks = gd.import_weights(FIXTURES / "mlp.safetensors", "3-4tanh-4relu-2softmax")
    assert model.theta.dtype == np.float32
    assert model.loss == "cross-entropy"
    assert remarks == [
        "fc2.weight is square, and taken as PyTorch has it, (outputs, inputs)",
        "no layer takes test.x, test.y: left",
    ]


def test_a_state_dict_as_arrays_is_the_same_as_its_file(tmp_path):
    model, _ = gd.import_weights(FIXTURES / "lstm.safetensors", gd.Network("seq2-3lstm-1"))
    state = gd.export_weights(model, tmp_path / "state.safetensors")
    assert sorted(state) == [
        "0.bias_hh_l0", "0.bias_ih_l0", "0.weight_hh_l0", "0.weight_ih_l0", "1.bias", "1.weight",
    ]  # fmt: skip
    assert state["0.weight_ih_l0"].shape == (12, 2)
    assert not state["0.bias_hh_l0"].any()
    for weights in (state, tmp_path / "state.safetensors"):
        again, remarks = gd.import_weights(weights, "seq2-3lstm-1")
        np.testing.assert_array_equal(again.theta, model.theta)
        assert remarks == ["the two biases of '0.l0' are added up"]


def test_arrays_of_other_types_and_layouts_are_read_or_named():
    weights = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    state = {"a.weight": weights, "a.bias": np.zeros(2, ">f8"), "a.mask": np.zeros(2, bool)}
    model, remarks = gd.import_weights(state, "3-2")
    np.testing.assert_array_equal(model.theta[:6].reshape(3, 2), weights.T)
    assert remarks == ["no layer takes a.mask (bool): left"]


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_a_perceptron_of_scikit_learn_answers_the_same(activation):
    x, y = load_iris(return_X_y=True)
    theirs = fitted(MLPClassifier, x, np.array(["a", "b", "c"])[y], activation=activation)
    model, remarks = gd.import_weights(theirs, source="sklearn")
    assert remarks == [] and model.class_names == ["a", "b", "c"]
    # Two passes of the same numbers in orders of their own: at most 5 terms a sum, and a softmax.
    np.testing.assert_allclose(model.predict(x), theirs.predict_proba(x), rtol=1e-12, atol=1e-14)


def test_two_classes_many_labels_and_regressions_of_scikit_learn_too():
    x, y = load_iris(return_X_y=True)
    two = fitted(MLPClassifier, x, y > 0)
    model, _ = gd.import_weights(two, source="sklearn")
    assert model.loss == "binary-cross-entropy" and model.class_names == ["False", "True"]
    np.testing.assert_allclose(model.predict(x)[:, 0], two.predict_proba(x)[:, 1], rtol=1e-12)
    many = fitted(MLPClassifier, x, np.eye(3, dtype=int)[y])
    model, _ = gd.import_weights(many, source="sklearn")
    assert model.loss == "multi-label-cross-entropy"
    np.testing.assert_allclose(model.predict(x), many.predict_proba(x), rtol=1e-12)
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    theirs = fitted(MLPRegressor, x, y)
    model, _ = gd.import_weights(theirs, source="sklearn")
    assert model.loss == "mse" and model.feature_names == list(x.columns)
    np.testing.assert_allclose(model.predict(x.to_numpy())[:, 0], theirs.predict(x), rtol=1e-12)


def test_counts_of_a_poisson_regression_are_taken_with_their_exponential():
    x, y = load_iris(return_X_y=True)
    theirs = fitted(gradus.sklearn.MLPRegressor, x, y, loss="poisson")
    model, _ = gd.import_weights(theirs, source="sklearn")
    assert model.loss == "poisson"
    np.testing.assert_allclose(model.predict(x)[:, 0], theirs.predict(x), rtol=1e-12)


def test_a_network_of_fann_is_taken_with_its_steepness():
    model, remarks = gd.import_weights(FIXTURES.parent / "fann/layers.net", source="fann")
    assert str(model.network) == "2-3tanh-4softsign-2sigmoid"
    assert remarks == ["steepness is multiplied into weights and biases"]
    # What it printed, computed in float32 (tests/fixtures/fann/make.c).
    np.testing.assert_allclose(model.predict([[0.3, -0.7]]), [[0.344878972, 0.512081206]], rtol=1e-5)


def test_a_network_of_rtneural_is_taken_as_a_sequence():
    model, remarks = gd.import_weights(FIXTURES.parent / "rtneural/recurrent.json", source="rtneural")
    assert str(model.network) == "seq2-3tanh-4gru:all-3lstm:all-2sigmoid" and remarks == []
    np.testing.assert_allclose(model.predict([[0.1, -0.2]]), [[0.42214673264262881, 0.66408349097961228]], rtol=1e-13)


def test_what_cannot_be_taken_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"expected a network: a state_dict knows no activations"):
        gd.import_weights({})
    with pytest.raises(ValueError, match=r"expected source 'torch', 'sklearn', 'fann' or 'rtneural', got 'jax'"):
        gd.import_weights({}, "2-2", source="jax")
    with pytest.raises(ValueError, match=r"expected a fitted MLPClassifier or MLPRegressor, got MLPClassifier"):
        gd.import_weights(MLPClassifier(), source="sklearn")
    other = fitted(gradus.sklearn.MLPClassifier, *load_iris(return_X_y=True), activation="gelu")
    with pytest.raises(ValueError, match=r"expected the activations of scikit-learn, got 'gelu'"):
        gd.import_weights(other, source="sklearn")
    other = fitted(gradus.sklearn.MLPClassifier, *load_iris(return_X_y=True), activation=["tanh", "relu"])
    with pytest.raises(ValueError, match=r"expected the activations of scikit-learn, got \['tanh', 'relu'\]"):
        gd.import_weights(other, source="sklearn")
    with pytest.raises(ValueError, match=r"expected no network"):
        gd.import_weights(MLPClassifier(), "2-2", source="sklearn")
    with pytest.raises(
        (ValueError, OSError), match=r"expected arrays for layer 1 \(dense\): weight \[2, 2\], bias \[2\]"
    ):
        gd.import_weights({}, "2-2")
    with pytest.raises(TypeError, match="expected the path of a file, got list"):
        gd.import_weights([], source="fann")
    with pytest.raises(OSError, match="no.safetensors"):
        gd.import_weights(tmp_path / "no.safetensors", "2-2")
    with pytest.raises(ValueError, match="torch"):
        gd.export_weights(gd.Model(gd.Network("1-1"), [1.0, 0.0]), target="keras")
