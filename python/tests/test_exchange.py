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
    with pytest.raises(
        ValueError, match=r"expected source 'torch', 'onnx', 'keras', 'npz', 'sklearn', 'fann' or 'rtneural', got 'jax'"
    ):
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


KERAS = FIXTURES.parent / "keras"


@pytest.mark.parametrize(
    ("name", "network"),
    [
        (
            "deep",
            "3-3tanh-4relu-5silu-3hardsigmoid-4softsign-5selu-3softplus-4mish-5elu-3exponential-4logsoftmax",
        ),
        (
            "norms",
            "4-6-batchnorm:momentum0.01-relu-batchnorm:epsilon0.001:momentum0.01-prelu-layernorm:epsilon0.001-3softmax",
        ),
        ("gru", "seq2-3gru:all-4gru-1"),
        ("lstm", "seq2-3elman:all-4lstm:all-2"),
        ("functional", "3-6gelu-dropout0.25-4elu-1sigmoid:nobias"),
    ],
)
def test_a_model_of_keras_answers_what_keras_answered(name, network):
    pytest.importorskip("h5py")
    model, remarks = gd.import_weights(KERAS / f"{name}.keras", source="keras")
    assert str(model.network) == network
    assert remarks == (["the two biases of 'gru' are added up"] if name == "gru" else [])
    with np.load(KERAS / f"{name}.npz") as file:
        x, y = file["x"], file["y"]
    assert model.theta.dtype == y.dtype
    # What Keras answers in float64 is no nearer to the truth than float32: XLA's tanh and 1 / sqrt of doubles are off by 1e-7 on a
    # processor. Some hundred roundings, sums of at most 10 terms through at most eleven layers.
    tolerance = 100 * np.finfo(np.float32).eps * max(1, np.abs(y).max())
    np.testing.assert_allclose(model.predict(x.reshape(len(x), -1)), y.reshape(len(y), -1), rtol=0, atol=tolerance)
    weights = model.theta.copy()
    weights[np.argmax(np.abs(weights[:6]))] *= 1.01  # the tolerance can tell
    other = gd.Model(model.network, weights, state=model.state if len(model.state) else None)
    assert np.abs(other.predict(x.reshape(len(x), -1)) - y.reshape(len(y), -1)).max() > tolerance


def changed_keras(tmp_path, change, source="norms"):
    """A model of Keras's whose configuration is another."""
    import json
    import zipfile

    path = tmp_path / "changed.keras"
    with zipfile.ZipFile(KERAS / f"{source}.keras") as old, zipfile.ZipFile(path, "w") as new:
        config = json.loads(old.read("config.json"))
        layers = config["config"]["layers"]
        change(layers)
        new.writestr("config.json", json.dumps(config))
        new.writestr("model.weights.h5", old.read("model.weights.h5"))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layers: layers[1].update(class_name="Conv2D"), r"layer 'dense\w*' \(Conv2D\): expected one of Activation"),
        (lambda layers: layers[1]["config"].update(activation="relu6"), "expected an activation that there is here, got 'relu6'"),
        (lambda layers: layers[1]["config"].update(units=7), r"expected weights of shapes \[\(4, 7\), \(7,\)\], got \[\(4, 6\), \(6,\)\]"),
        (lambda layers: layers[1]["config"].update(name="other"), r"expected weights of shapes \[\(4, 6\), \(6,\)\], got \[\]"),
        (lambda layers: layers[2]["config"].update(axis=1), r"\(BatchNormalization\): expected axis=-1, got 1"),
        (lambda layers: layers[3]["config"].update(max_value=6.0), r"\(ReLU\): expected max_value=None, got 6.0"),
        (lambda layers: layers.pop(0), "expected an InputLayer first"),
    ],
)  # fmt: skip
def test_what_keras_has_and_we_have_not_is_refused_by_layer(tmp_path, change, message):
    pytest.importorskip("h5py")
    with pytest.raises(OSError, match=message):
        gd.import_weights(changed_keras(tmp_path, change), source="keras")


def test_weights_of_keras_that_no_layer_takes_are_named(tmp_path):
    pytest.importorskip("h5py")
    path = changed_keras(tmp_path, lambda layers: layers.pop(-2))
    with pytest.raises(FileNotFoundError):
        gd.import_weights(tmp_path / "none.keras", source="keras")
    model, remarks = gd.import_weights(path, source="keras")
    assert str(model.network).endswith("layernorm:epsilon0.001-softmax")
    assert len(remarks) == 1 and remarks[0].startswith("no layer takes dense") and remarks[0].endswith(": left")


@pytest.mark.parametrize("damage", [0, 1, 100, 1000, 20000, -1])
def test_a_damaged_file_of_keras_is_an_error_in_one_line(tmp_path, damage):
    pytest.importorskip("h5py")
    data = bytearray((KERAS / "gru.keras").read_bytes())
    path = tmp_path / "damaged.keras"
    path.write_bytes(data[:damage])
    with pytest.raises(OSError, match="expected a model that Keras 3 saved") as error:
        gd.import_weights(path, source="keras")
    assert "\n" not in str(error.value)


def test_arrays_of_numpy_go_out_and_come_back(tmp_path):
    network = gd.Network("4-6tanh-batchnorm-3softmax")
    state = np.linspace(0.5, 2, 12)
    model = gd.Model(network, network.initial_parameters("glorot", random_state=1), state=state)
    arrays = gd.export_weights(model, tmp_path / "weights.npz", target="numpy", precision="float64")
    assert list(arrays) == [
        "layer1.weights", "layer1.bias", "layer2.scale", "layer2.shift", "layer3.weights", "layer3.bias",
        "layer2.running_mean", "layer2.running_variance",
    ]  # fmt: skip
    assert arrays["layer1.weights"].shape == (4, 6)
    x = np.random.default_rng(1).normal(size=(5, 4))
    for weights in (arrays, tmp_path / "weights.npz"):
        again, remarks = gd.import_weights(weights, str(network), source="npz")
        assert remarks == []
        np.testing.assert_array_equal(again.theta, model.theta)
        np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert gd.export_weights(model, target="numpy")["layer1.bias"].dtype == np.float32


def test_arrays_without_our_names_are_taken_in_their_order_and_it_is_said(tmp_path):
    w1, b1, w2 = np.ones((2, 3), np.float32), np.zeros(3, np.float32), np.full((3, 1), 0.5, np.float32)
    np.savez(tmp_path / "w.npz", w1, b1, w2, np.zeros(1, np.float32), np.ones(2))
    model, remarks = gd.import_weights(tmp_path / "w.npz", "2-3relu-1", source="npz")
    assert model.theta.dtype == np.float32
    assert model.predict(np.array([[1.0, 2.0]])) == 4.5
    assert remarks == [
        "arr_0 is taken as layer1.weights, by its place",
        "arr_1 is taken as layer1.bias, by its place",
        "arr_2 is taken as layer2.weights, by its place",
        "arr_3 is taken as layer2.bias, by its place",
        "no layer takes arr_4: left",
    ]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"layer1.weights": np.ones((2, 1))}, r"expected layer1.bias of shape \(1,\), got none"),
        ({"a": np.ones((2, 1))}, r"expected 2 arrays \(layer1.weights, layer1.bias\), got 1"),
        ({"a": np.ones((1, 2)), "b": np.ones(1)}, r"expected a to hold floating-point numbers of shape \(2, 1\), for layer 1 weights"),
        ({"a": np.ones((2, 1), int), "b": np.ones(1)}, "got int64 of shape"),
        ({"a": np.full((2, 1), np.nan), "b": np.ones(1)}, "expected finite numbers in a"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused_by_name(arrays, message):
    with pytest.raises(ValueError, match=message):
        gd.import_weights(arrays, "2-1", source="npz")


def test_what_is_no_file_of_arrays_is_an_error(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    (tmp_path / "text.npz").write_text("hello")
    np.savez(tmp_path / "objects.npz", a=np.array([{}, {}], object), b=np.ones(1))
    for name in ("one.npy", "text.npz", "objects.npz"):
        with pytest.raises(OSError, match="expected a file of numpy.savez"):
            gd.import_weights(tmp_path / name, "2-1", source="npz")
