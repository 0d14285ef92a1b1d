# SPDX-License-Identifier: MIT
import pickle

import gradus as gd
import numpy as np
import pytest


def test_a_network_is_read_from_text_and_printed_back():
    network = gd.Network("2-16tanh-2softmax")
    assert str(network) == "2-16tanh-2softmax"
    assert repr(network) == "Network('2-16tanh-2softmax')"
    assert (network.inputs, network.outputs, network.parameter_count) == (2, 2, 82)
    assert network.layers == ["dense", "tanh", "dense", "softmax"]


def test_a_wrong_text_is_a_value_error_that_names_what_was_meant():
    with pytest.raises(ValueError, match="tahn.*tanh"):
        gd.Network("2-16tahn-2softmax")


def test_a_network_is_a_value():
    network = gd.Network("1x8x8-conv8k3relu-maxpool2-10softmax")
    again = pickle.loads(pickle.dumps(network))
    assert network == again and hash(network) == hash(again)
    assert network != gd.Network("2-2") and network != "2-2"


def test_named_arrays_are_views_of_theta():
    network = gd.Network("3-2tanh-1")
    theta = np.arange(network.parameter_count, dtype=float)
    arrays = network.arrays(theta)
    assert {name: a.shape for name, a in arrays.items()} == {
        "layer1.weights": (3, 2), "layer1.bias": (2,), "layer2.weights": (2, 1), "layer2.bias": (1,)}  # fmt: skip
    arrays["layer2.bias"][0] = -1
    assert theta[-1] == -1
    assert np.concatenate([a.ravel() for a in arrays.values()]).tolist() == theta.tolist()
    with pytest.raises(ValueError, match="expected theta of length 11, got 3"):
        network.arrays(np.zeros(3))


def test_first_parameters_come_from_the_stream_and_in_its_number_type():
    network = gd.Network("4-8tanh-3softmax")
    stream = gd.RandomState(42)
    first = network.initial_parameters("glorot", random_state=stream)
    second = network.initial_parameters("glorot", random_state=stream)
    assert np.array_equal(first, network.initial_parameters("glorot", random_state=42))
    assert not np.array_equal(first, second)  # the stream was drawn from
    narrow = network.initial_parameters("glorot", random_state=42, dtype="float32")
    assert narrow.dtype == np.float32 and np.array_equal(narrow, first.astype(np.float32))
    with pytest.raises(ValueError, match="glorto"):
        network.initial_parameters("glorto")
    with pytest.raises(ValueError, match="float16"):
        network.initial_parameters(dtype="float16")


def test_predict_is_the_formula_in_either_number_type():
    network = gd.Network("3-5tanh-2softmax")
    x = np.random.RandomState(0).normal(size=(7, 3))
    for dtype, tolerance in ((np.float64, 1e-14), (np.float32, 1e-6)):  # a few roundings of numbers below 2
        theta = network.initial_parameters(random_state=1, dtype=np.dtype(dtype).name)
        a = network.arrays(theta.astype(np.float64))
        z = np.tanh(x @ a["layer1.weights"] + a["layer1.bias"]) @ a["layer2.weights"] + a["layer2.bias"]
        expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        for predict in (lambda x: gd.predict(network, theta, x), gd.Predictor(network, theta)):
            p = predict(x)
            assert p.dtype == dtype and p.shape == (7, 2)
            np.testing.assert_allclose(p, expected, rtol=0, atol=tolerance)
        np.testing.assert_allclose(gd.Predictor(network, theta)(x[3]), expected[3], rtol=0, atol=tolerance)


def test_a_network_that_the_engine_does_not_know_is_predicted_by_the_definition():
    network = gd.Network("1x4x4-conv2k3relu-3softmax")
    theta = network.initial_parameters(random_state=0)
    p = gd.predict(network, theta, np.ones((2, 16)))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    with pytest.raises(ValueError, match="expected dense layers"):
        gd.Predictor(network, theta)


def test_the_loss_and_its_gradient_drive_a_minimiser_of_ones_own():
    optimize = pytest.importorskip("scipy.optimize")
    data = gd.make_moons(60, noise=0.1, random_state=3)
    network = gd.Network("2-4tanh-2softmax")
    theta = network.initial_parameters(random_state=5)
    before = gd.loss_and_gradient(network, theta, data.x, data.y)[0]
    found = optimize.minimize(lambda t: gd.loss_and_gradient(network, t, data.x, data.y), theta, jac=True, method="BFGS",
                              options={"maxiter": 40})  # fmt: skip
    assert found.fun < before / 4
    # The gradient is that of the loss: a central difference of step 1e-6 along it, whose error is some 1e-10.
    direction = np.ones_like(theta)
    loss = lambda h: gd.loss_and_gradient(network, theta + h * direction, data.x, data.y)[0]  # noqa: E731
    slope = gd.loss_and_gradient(network, theta, data.x, data.y)[1] @ direction
    assert abs((loss(1e-6) - loss(-1e-6)) / 2e-6 - slope) < 1e-8
