# SPDX-License-Identifier: MIT
import gradus as gd
import numpy as np
import pytest

DATA = gd.make_moons(20, noise=0.1, random_state=0)
NETWORK = gd.Network("2-5relu-4tanh-2softmax")
THETA = NETWORK.initial_parameters(random_state=4)


def test_the_check_is_structured_and_reads_as_a_report():
    found = gd.check(NETWORK, THETA, DATA.x, DATA.y)
    assert found.passed and not found.diagnoses
    loss, gradient = gd.loss_and_gradient(NETWORK, THETA, DATA.x, DATA.y)
    assert found.loss == loss
    assert np.array_equal(found.gradients["hand"][: len(THETA)], gradient)
    assert [block.label for block in found.blocks][:2] == ["layer 1 weights", "layer 1 bias"]
    errors = found.blocks[0].relative_error
    assert errors["tape"] < 1e-13 and 1e-9 < errors["forward"] < 1e-2  # exact sources, and a crude one
    assert "layer 3 bias" in str(found) and "tape" in str(found)


def test_a_planted_fault_is_caught_and_named():
    for plant in ("sign:2.weights", "missing-mean", "wrong-kink:1.relu"):
        found = gd.check(NETWORK, THETA, DATA.x, DATA.y, plant=plant)
        assert not found.passed and found.diagnoses[0].kind == plant.split(":")[0]
        assert found.diagnoses[0].sentence in str(found)
    fast = gd.check_fast(NETWORK, THETA, DATA.x, DATA.y, plant="transpose")
    assert not fast.passed and "weights" in fast.entry and "weights" in str(fast)
    with pytest.raises(ValueError, match="tarnspose"):
        gd.check(NETWORK, THETA, DATA.x, DATA.y, plant="tarnspose")
    with pytest.raises(ValueError, match="nothing here that"):
        gd.check(NETWORK, THETA, DATA.x, DATA.y, plant="sign:9.weights")


def test_the_pass_in_float32_is_proven_too():
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y, float32=True).passed
    assert gd.check_fast(NETWORK, THETA, DATA.x, DATA.y).passed


def test_the_curve_of_steps_is_a_v():
    smooth = gd.Network("2-5tanh-2softmax")
    curve = gd.step_curve(smooth, smooth.initial_parameters(random_state=4), DATA.x, DATA.y)
    steps, forward = curve["steps"], curve["forward"]
    best = forward.argmin()
    assert 1e-10 < steps[best] < 1e-6  # near the square root of 2^-52
    assert forward[0] > 1e3 * forward[best] and forward[-1] > 1e3 * forward[best]
    assert curve["complex"][-1] < 1e-12


def test_samples_that_cannot_be_checked_are_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        gd.check(NETWORK, THETA, np.empty((0, 2)), np.empty(0, dtype=int))
    with pytest.raises(ValueError, match="expected y with 20 rows, got 3"):
        gd.check(NETWORK, THETA, DATA.x, [0, 1, 0])
    with pytest.raises(ValueError, match="finite"):
        gd.check(NETWORK, THETA, np.full((1, 2), np.nan), [0])
