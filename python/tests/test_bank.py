# SPDX-License-Identifier: MIT
import _thread
import threading

import gradus as gd
import numpy as np
import pytest

DATA = gd.make_moons(90, noise=0.2, random_state=3)
NETWORK = gd.Network("2-5tanh-2softmax")


def start(seeds, dtype="float64"):
    streams = [gd.RandomState(seed) for seed in seeds]
    thetas = np.stack([NETWORK.initial_parameters(random_state=stream, dtype=dtype) for stream in streams])
    return streams, thetas


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-3)])
def test_each_network_is_what_fit_makes_of_it(dtype, tolerance):
    # Roundings of 2^-53 (2^-24) grow along some 15 updates a pass, five passes.
    streams, thetas = start(range(5), dtype)
    rates = np.array([0.05, 0.1, 0.2, 0.1, 0.05])
    bank = gd.Bank(NETWORK, thetas, DATA.x, DATA.y, streams, lr=rates, batch=6)
    assert len(bank) == 5 and bank.train(epochs=5)
    assert bank.thetas.dtype == dtype and bank.thetas.shape == thetas.shape
    for theta, stream, rate, learned in zip(thetas, streams, rates, bank.thetas):
        gd.fit(NETWORK, theta, DATA.x, DATA.y, lr=rate, batch=6, epochs=5, random_state=stream)
        np.testing.assert_allclose(learned, theta, rtol=tolerance, atol=tolerance)


def test_ctrl_c_ends_the_training_of_a_bank_and_keeps_what_was_learned():
    streams, thetas = start([1, 2, 3])
    bank = gd.Bank(NETWORK, thetas, DATA.x, DATA.y, streams, lr=0.1)
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.warns(RuntimeWarning, match="interrupted; what was learned is kept"):
        assert bank.train(epochs=10**9) is False
    timer.join()
    assert np.isfinite(bank.thetas).all() and not np.array_equal(bank.thetas, thetas)
    assert bank.train(epochs=1)


def test_a_network_keeps_its_bits_in_any_company_and_one_that_diverges_spoils_itself_only():
    streams, thetas = start([1, 2, 3])
    together = gd.Bank(NETWORK, thetas, DATA.x, DATA.y, streams, lr=0.1)
    together.train(epochs=4)
    alone = gd.Bank(NETWORK, thetas[1:2], DATA.x, DATA.y, streams[1:2], lr=0.1)
    alone.train(epochs=2)
    alone.train(epochs=2)
    assert np.array_equal(together.thetas[1], alone.thetas[0])
    thetas[0, 0] = np.nan
    spoilt = gd.Bank(NETWORK, thetas, DATA.x, DATA.y, streams, lr=0.1)
    spoilt.train(epochs=4)
    assert np.isfinite(spoilt.thetas).all(axis=1).tolist() == [False, True, True]
    assert np.array_equal(spoilt.thetas[1], together.thetas[1])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"thetas": np.zeros((2, 3))}, ValueError, "thetas with 27 columns, got 3"),
        ({"thetas": np.zeros(27)}, ValueError, "thetas with two dimensions"),
        ({"random_states": [1]}, ValueError, "random_states of length 2, got 1"),
        ({"lr": [0.1]}, ValueError, "lr of length 2, got 1"),
        ({"lr": -0.1}, ValueError, "learning rate"),
        ({"optimizer": "lbfgs"}, ValueError, "lbfgs"),
        ({"optimizer": "rprop"}, ValueError, "bank"),
        ({"x": DATA.x[:, :1]}, ValueError, "2 columns, got 1"),
        ({"y": DATA.y[:3]}, ValueError, "rows, got 3"),
        ({"x": np.full_like(DATA.x, np.inf)}, ValueError, "finite numbers in x"),
        ({"batch": -1}, ValueError, "batch"),
        ({"network": gd.Network("2-5gelu-2softmax"), "thetas": np.zeros((2, 27))}, ValueError, "bank"),
    ],
)
def test_what_cannot_be_trained_together_is_refused(change, error, message):
    streams, thetas = start([1, 2])
    arguments = {"network": NETWORK, "thetas": thetas, "x": DATA.x, "y": DATA.y, "random_states": streams, **change}
    with pytest.raises(error, match=message):
        gd.Bank(**arguments)
    with pytest.raises(ValueError, match="epochs"):
        gd.Bank(NETWORK, thetas, DATA.x, DATA.y, streams).train(-1)
