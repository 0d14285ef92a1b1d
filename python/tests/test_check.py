# SPDX-License-Identifier: MIT
import _thread
import threading
import time

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


def test_where_nothing_can_be_proven_nothing_is_called_right():
    network = gd.Network("2-4relu-2softmax")
    zeros, x, y = network.initial_parameters() * 0, np.zeros((4, 2)), np.array([0, 1, 0, 1])
    for found in (gd.check(network, zeros, x, y), gd.check_fast(network, zeros, x, y)):
        assert not found.passed and found.verdict == "unproven"
        assert "Nothing could be proven here." in str(found) and "unproven" in repr(found)
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y).verdict == "right"
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y, plant="sign").verdict == "wrong"


def test_a_planted_fault_is_caught_and_named():
    for plant in ("sign:2.weights", "missing-mean", "wrong-kink:1.relu"):
        found = gd.check(NETWORK, THETA, DATA.x, DATA.y, plant=plant)
        assert not found.passed and found.diagnoses[0].kind == plant.split(":")[0]
        assert found.diagnoses[0].sentence in str(found)
    fast = gd.check_fast(NETWORK, THETA, DATA.x, DATA.y, plant="transpose")
    assert not fast.passed and "weights" in fast.entry and "weights" in str(fast)
    with pytest.raises(ValueError, match="unknown kind 'tarnspose', did you mean transpose\\?"):
        gd.check(NETWORK, THETA, DATA.x, DATA.y, plant="tarnspose")
    with pytest.raises(ValueError, match="nothing here that"):
        gd.check(NETWORK, THETA, DATA.x, DATA.y, plant="sign:9.weights")


def test_the_weighted_loss_is_proven_and_forgotten_weights_are_named():
    weights = np.arange(20) % 3
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y, sample_weight=weights).passed
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y, sample_weight=weights, float32=True).passed
    assert gd.check_fast(NETWORK, THETA, DATA.x, DATA.y, sample_weight=weights).passed
    forgotten = gd.check(NETWORK, THETA, DATA.x, DATA.y, sample_weight=weights, plant="unweighted")
    assert not forgotten.passed and forgotten.diagnoses[0].kind == "unweighted"
    plain = gd.step_curve(NETWORK, THETA, DATA.x, DATA.y)
    weighted = gd.step_curve(NETWORK, THETA, DATA.x, DATA.y, sample_weight=weights)
    assert not np.array_equal(plain["forward"], weighted["forward"])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_weighted_loss_is_that_of_samples_given_more_than_once(dtype):
    theta, weights = THETA.astype(dtype), np.arange(20) % 3
    again = np.repeat(np.arange(20), weights)
    loss, gradient = gd.loss_and_gradient(NETWORK, theta, DATA.x, DATA.y, sample_weight=weights)
    repeated_loss, repeated = gd.loss_and_gradient(NETWORK, theta, DATA.x[again], DATA.y[again])
    few_roundings = 20 * np.finfo(dtype).eps  # of sums in another order
    assert abs(loss - repeated_loss) < few_roundings * loss
    np.testing.assert_allclose(gradient, repeated, rtol=0, atol=few_roundings * np.abs(repeated).max())
    assert gradient.dtype == dtype


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1, 2, 3], ValueError, r"expected sample_weight of length 20, got 3"),
        (np.ones((20, 1)), ValueError, r"expected sample_weight with one dimension, got an array of shape \(20, 1\)"),
        ([1] * 19 + [-1], ValueError, r"weights that are finite and at least 0, got -1 \(sample 19\)"),
        ([np.nan] + [1] * 19, ValueError, r"weights that are finite and at least 0, got nan \(sample 0\)"),
        ([0] * 20, ValueError, r"expected a sample weight above 0, got none"),
        (["heavy"] * 20, TypeError, r"expected sample_weight of numbers, got an array of dtype <U5"),
    ],
)
@pytest.mark.parametrize("function", [gd.check, gd.check_fast, gd.step_curve, gd.loss_and_gradient, gd.fit])
def test_sample_weights_that_cannot_be_meant_are_refused_alike_by_all(function, weights, error, message):
    name = {"loss_and_gradient": "loss", "fit": "fit"}.get(function.__name__, "check")
    with pytest.raises(error, match=rf"^\[{name}\] .*{message}$"):
        function(NETWORK, THETA.copy(), DATA.x, DATA.y, sample_weight=weights)


def test_ctrl_c_ends_a_long_check():
    digits = gd.load_digits()
    network = gd.Network("64-100tanh-100tanh-10softmax")  # some minutes of work
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        gd.check(network, network.initial_parameters(), digits.x[:20], digits.y[:20])
    timer.join()
    assert time.monotonic() - start < 20  # on a busy machine
    assert gd.check(NETWORK, THETA, DATA.x, DATA.y).passed  # still usable


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


def test_a_gradient_of_ones_own_is_judged_whole_or_by_array_and_in_either_orientation():
    network = gd.Network("2-3tanh-3softmax")
    theta = network.initial_parameters(random_state=1)
    x, y = np.random.RandomState(0).normal(size=(6, 2)), np.array([0, 1, 2, 0, 1, 0])
    _, mine = gd.loss_and_gradient(network, theta, x, y)
    whole = gd.check(network, theta, x, y, gradient=mine)
    assert whole.verdict == "right" and whole.passed
    assert gd.check(network, theta, x, y, gradient=list(mine)).passed
    assert gd.check(network, theta, x, y, gradient=mine.astype(np.float32)).passed
    assert not gd.check(network, theta, x, y, gradient=mine.astype(np.float32).astype(float)).passed
    weights = mine[:6].reshape(2, 3)
    for given in (weights, weights.T):
        assert gd.check(network, theta, x, y, gradient=given, block="layer 1 weights").passed
    named = {"sign": -mine, "missing-mean": 6 * mine, "doubled": 2 * mine}
    for kind, wrong in named.items():
        check = gd.check(network, theta, x, y, gradient=wrong)
        assert check.verdict == "wrong" and check.diagnoses[0].kind == kind, check
    for refused in (mine[:-1], mine.reshape(1, -1), "abc"):
        with pytest.raises((ValueError, TypeError)):
            gd.check(network, theta, x, y, gradient=refused)
    with pytest.raises(ValueError, match="an array of the network"):
        gd.check(network, theta, x, y, gradient=weights, block="layer 9 weights")


def test_nothing_proven_is_not_right():
    network = gd.Network("2-4relu-2softmax")
    report = gd.check(network, network.initial_parameters() * 0, np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    assert (report.verdict, report.passed) == ("unproven", False)
    assert "Nothing could be proven here." in str(report)


@pytest.mark.parametrize(
    "text", ["4-6tanh-dropout0.5-3softmax", "4-[4tanh]+-3softmax", "4-6prelu-batchnorm-3softmax", "seq2-3lstm-3softmax"]
)
def test_a_gradient_of_our_own_is_right_in_networks_that_draw_masks_or_normalise(text):
    random = np.random.RandomState(2)
    network = gd.Network(text)
    theta = network.initial_parameters(random_state=1) + 0.1 * random.normal(size=network.parameter_count)
    x, y = random.normal(size=(6, 4)), random.randint(0, 3, 6)
    gradient = gd.loss_and_gradient(network, theta, x, y)[1]
    assert gd.check(network, theta, x, y, gradient=gradient).passed
    assert gd.check(network, theta, x, y, gradient=gradient.astype(np.float32)).passed
    assert gd.check(network, theta, x, y, gradient=2 * gradient).diagnoses[0].kind == "doubled"


def test_a_function_of_a_matrix_has_its_gradient_checked_and_named_in_its_shape():
    random = np.random.RandomState(0)
    m, x = random.normal(size=(3, 3)), random.normal(size=(3, 3))
    f = lambda x: np.sum(np.tanh(x @ m))  # noqa: E731
    gradient = lambda x: (1 - np.tanh(x @ m) ** 2) @ m.T  # noqa: E731
    assert gd.check_function(f, gradient, x).passed
    turned = gd.check_function(f, lambda x: gradient(x).T, x)
    assert turned.verdict == "wrong" and "transposed" in turned.sentence, turned
    with pytest.raises(
        ValueError, match=r"\[check\] expected a gradient of the shape \(2, 3\), which x has, got \(3, 2\)"
    ):
        gd.check_function(lambda x: np.sum(x), np.ones((3, 2)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="one dimension or more"):
        gd.check_function(lambda x: x, 1.0, 2.0)


def test_functions_of_where_maximum_stack_and_index_are_checked_at_their_ties():
    choose = lambda x: np.sum(np.where(x > 0, x**2, 3 * x))  # noqa: E731
    x = np.array([-1.0, 0.0, 2.0])
    for slope in (0.0, 1.5, 3.0):
        found = gd.check_function(choose, np.array([3.0, slope, 4.0]), x)
        assert found.passed and found.kinks == ([] if slope == 1.5 else [1]), found  # 1.5: as the differences have it
    assert gd.check_function(choose, np.array([3.0, 3.5, 4.0]), x).verdict == "wrong"
    assert gd.check_function(np.max, np.array([0.0, 0.0, 1.0]), x).passed
    assert gd.check_function(np.max, np.array([1.0, 0.0, 0.0]), x).verdict == "wrong"
    stacked = lambda x: np.sum(np.stack([x, x**2]))  # noqa: E731
    assert gd.check_function(stacked, lambda x: 1 + 2 * x, x).passed
    assert "-1 too much in every number" in gd.check_function(stacked, lambda x: 2 * x, x).sentence
    twice = lambda x: np.sum(x[[0, 0, 1]] ** 2)  # noqa: E731
    assert gd.check_function(twice, np.array([-4.0, 0.0, 0.0]), x).passed
    assert gd.check_function(twice, np.array([-2.0, 0.0, 0.0]), x).verdict == "wrong"


def test_functions_in_float32_are_checked_as_well_as_they_can_be():
    f = lambda x: float(np.sum(np.sin(x.astype(np.float32))))  # noqa: E731
    x = np.array([0.3, -1.7, 2.2, 0.9])
    assert gd.check_function(f, np.cos, x).passed
    assert gd.check_function(f, lambda x: np.cos(x.astype(np.float32)), x).passed
    assert gd.check_function(f, lambda x: 1.05 * np.cos(x), x).verdict == "wrong"
