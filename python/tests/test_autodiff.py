# SPDX-License-Identifier: MIT
import math

import gradus as gd
import numpy as np
import pytest

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(5, 3))
W = RANDOM.normal(size=(3, 2))
ROW = RANDOM.normal(size=2)
COLUMN = RANDOM.normal(size=(5, 1))


def differences(f, x, h=1e-6):
    """Central differences, whose error is some h^2 and 1e-16 / h: 1e-9 of the slopes here, which are of order 1."""
    x = np.asarray(x, dtype=float)
    slope = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = h
        slope[k] = (f(x + step) - f(x - step)) / (2 * h)
    return slope


FUNCTIONS = {
    "matrix product and bias": lambda w: np.sum(np.tanh(X @ w + ROW) ** 2),
    "reflected product": lambda w: np.mean((w.T @ X.T) * COLUMN.T),
    "array on the left": lambda w: np.sum(np.ones((4, 3)) @ w - w[0] / 3),
    "sigmoid": lambda w: np.mean(1 / (1 + np.exp(-w))),
    "softmax cross-entropy": lambda w: (
        -np.mean((w - np.log(np.sum(np.exp(w), axis=1, keepdims=True)))[np.arange(3), [0, 1, 1]])
    ),
    "all unary": lambda w: np.sum(
        np.sqrt(np.abs(w) + 1) * np.sin(w) + np.cos(w) * np.expm1(w / 2) - np.log1p(np.square(w)) + np.negative(w)
    ),
    "power": lambda w: np.sum(np.abs(w) ** 1.5 + 2.0**w + np.power(np.abs(w) + 1, w)),
    "relu and clipping": lambda w: np.sum(np.maximum(0, w) + np.minimum(w, 0.3) * 2),
    "sums along axes": lambda w: np.sum(w.sum(axis=0) ** 2) + np.mean(w.mean(axis=-1, keepdims=True) * w),
    "indexing": lambda w: np.sum(w[1:, ::-1] * w[:2]) + w[2, 1] * w[-1, 0],
    "shapes": lambda w: np.sum(np.reshape(w, (2, 3)) @ np.transpose(w).T) + np.sum(w.reshape(6) * np.arange(6)),
    "vectors": lambda w: np.dot(w[:, 0], w[:, 1]) + (w[0] @ ROW) * 2 + np.sum(w @ ROW),
    "broadcasting": lambda w: np.sum(COLUMN[:3] * w[0] - w[:, :1] * ROW),
    "a branch": lambda w: np.sum(w * 3) if w[0, 0] > 0 else np.sum(w),
    "an in-place operation": lambda w: _in_place(w),
}


def _in_place(w):
    total = w * 1.0
    total += w
    total *= 2.0
    return np.sum(total * total)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_the_derivative_is_that_of_the_plain_function(f):
    value, gradient = gd.value_and_grad(f)(W)
    assert value == pytest.approx(f(W), rel=1e-14)  # other orders of summation
    assert gradient.shape == W.shape
    np.testing.assert_allclose(gradient, differences(f, W), rtol=0, atol=1e-7)


def test_a_network_written_out_has_the_gradient_of_the_library():
    network = gd.Network("3-4tanh-2softmax")
    theta = network.initial_parameters(random_state=2)
    labels = np.array([0, 1, 1, 0, 1])

    def loss(theta):
        w1, b1 = theta[:12].reshape(3, 4), theta[12:16]
        w2, b2 = theta[16:24].reshape(4, 2), theta[24:]
        z = np.tanh(X @ w1 + b1) @ w2 + b2
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(5), labels])

    value, gradient = gd.value_and_grad(loss)(theta)
    expected, by_hand = gd.loss_and_gradient(network, theta, X, labels)
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(gradient, by_hand, rtol=0, atol=1e-15)


def test_the_gradient_has_the_structure_of_the_arguments():
    f = lambda layers, scale: scale * np.sum(layers[0]["w"] * 2) + np.sum(layers[1])  # noqa: E731
    gradient = gd.grad(f, argnums=(0, 1))([{"w": np.ones(2)}, (3, np.ones((1, 2)))[1]], 5)
    layers, scale = gradient
    assert layers[0]["w"].tolist() == [10, 10] and layers[1].tolist() == [[1, 1]] and scale == 4.0
    assert isinstance(gd.grad(lambda x: x * x)(3), float)
    assert gd.grad(lambda x, k: x**k)(3.0, k=2) == 6.0


def test_what_does_not_depend_on_an_argument_has_derivative_zero():
    assert gd.grad(lambda x: 3.0)(2.0) == 0.0
    assert gd.grad(lambda x: np.sum(x[:1]))(np.ones(3)).tolist() == [1, 0, 0]
    assert gd.grad(lambda x: np.maximum(0, x))(0.0) == 0.0  # the kink's convention: relu'(0) = 0


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x, ValueError, r"return one number, got shape \(3,\)"),
        (lambda x: np.sum(np.arctan(x)), TypeError, "np.arctan is not differentiated"),
        (lambda x: np.linalg.norm(x), TypeError, "not differentiated|not supported"),
        (lambda x: np.add.reduce(x), TypeError, "np.add is not differentiated in this form"),
        (lambda x: np.sum(x @ np.ones((2, 2))), ValueError, r"shapes \(3,\) and \(2, 2\)"),
        (lambda x: np.sum(x + np.ones(2)), ValueError, "broadcast"),
        (lambda x: np.sum(x[5]), IndexError, "5"),
        (lambda x: math.exp(x[0]), TypeError, "np.exp, not math.exp"),
        (lambda x: float(x[0]) ** 2, TypeError, "would lose the derivative"),
        (lambda x: np.sum(np.sum(x, axis=1)), ValueError, "expected an axis from -1 to 0, got 1"),
    ],
)
def test_functions_that_cannot_be_differentiated_are_refused(f, error, message):
    with pytest.raises(error, match=message):
        gd.grad(f)(np.ones(3))


def test_arguments_without_numbers_are_refused():
    with pytest.raises(TypeError, match="expected numbers to differentiate by"):
        gd.grad(lambda x: x)("text")


@pytest.mark.parametrize("argnums", [1, -2, (0, 3)])
def test_an_argument_that_is_not_there_is_refused(argnums):
    with pytest.raises(ValueError, match=r"expected argnums of the 1 arguments without keyword, got (1|-2|3)"):
        gd.grad(lambda x: x, argnums=argnums)(1.0)


def test_numbers_of_two_differentiations_do_not_mix():
    kept = []
    gd.grad(lambda x: kept.append(x) or x)(1.0)
    with pytest.raises(ValueError, match="of two"):
        gd.grad(lambda x: x * kept[0])(2.0)


SEVERAL = {
    "stable softmax": lambda w: (lambda e: np.sum(np.log(e / np.sum(e, axis=1, keepdims=True))[:, 0]))(
        np.exp(w - np.max(w, axis=1, keepdims=True))
    ),
    "largest and smallest": lambda w: (
        np.max(w) * 2 + np.sum(np.min(w, axis=0)) - np.sum(w.max(axis=-1) * w.min(axis=1))
    ),
    "chosen by a condition": lambda w: np.sum(np.where(w > 0, w**2, -3 * w)) + np.sum(np.where(W > 0, w, 1.0)),
    "put together": lambda w: np.sum(np.concatenate([w, w * 2, W]) ** 2) + np.sum(np.concatenate([w, W], axis=1) ** 3),
    "stacked": lambda w: (
        np.sum(np.stack([w[0], w[1] * 2]) ** 2) + np.sum(np.vstack([w, ROW]) * np.hstack([w.T, w.T])[0, 1])
    ),
    "product": lambda w: np.prod(w) + np.sum(np.prod(w, axis=0)) + np.sum(w.prod(axis=1, keepdims=True) * w),
    "spread": lambda w: np.std(w) + np.sum(np.var(w, axis=0)) + np.sum(np.std(w, axis=0, ddof=1, keepdims=True) * w),
    "clipped": lambda w: np.sum(np.clip(w, -0.3, 0.8) * w),
    "shaped": lambda w: np.sum(np.squeeze(np.expand_dims(w, 0))[np.argmax(W[:, 0])] * np.ravel(w)[:2]),
    "written to": lambda w: _written_to(w),
    "likes": lambda w: np.sum((np.ones_like(w) * 2 + np.zeros_like(w)) * w),
}


def _written_to(w):
    rows = w * 1.0
    rows[0] = w[1] * w[2]
    rows[1:, 0] = 2.0
    return np.sum(rows**2)


@pytest.mark.parametrize("f", SEVERAL.values(), ids=SEVERAL.keys())
def test_functions_of_many_numbers_have_the_derivative_of_the_plain_ones(f):
    value, gradient = gd.value_and_grad(f)(W)
    assert value == pytest.approx(f(W), rel=1e-13)
    np.testing.assert_allclose(gradient, differences(f, W), rtol=0, atol=1e-7)


def test_what_a_function_writes_to_its_argument_does_not_change_what_it_is_differentiated_by():
    def f(x):
        y = 3 * x[0]
        x[0] = 7.0
        return y + x[0] * x[1]

    given = np.array([1.0, 2.0])
    assert gd.grad(f)(given).tolist() == [3.0, 7.0] and given.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_of_maximum_and_minimum_follow_one_rule_in_any_order(name):
    extreme = getattr(np, name)
    one, all_of = {"maximum": (np.max, 3.0), "minimum": (np.min, 3.0)}[name]
    for order in (lambda a, b: extreme(a, b), lambda a, b: extreme(b, a)):
        assert gd.grad(lambda x, order=order: order(x, 0.0))(0.0) == 0.0  # a constant takes it all
        assert gd.grad(lambda x, y, order=order: order(x, y), argnums=(0, 1))(2.0, 2.0) == (0.5, 0.5)
        value, gradient = gd.value_and_grad(lambda x, order=order: np.sum(order(x, x[::-1])))(np.array([1.0, 1.0]))
        assert value == 2.0 and gradient.tolist() == [1.0, 1.0]
    tied = np.array([3.0, 1.0, 3.0, 3.0]) if name == "maximum" else np.array([3.0, 9.0, 3.0, 3.0])
    for permutation in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2]):
        value, gradient = gd.value_and_grad(lambda x: one(x))(tied[permutation])
        assert value == all_of
        np.testing.assert_allclose(gradient, np.where(tied[permutation] == 3, 1 / 3, 0), rtol=1e-15)


def test_a_nan_is_the_extreme_wherever_it_stands():
    for f in (np.max, np.min):
        for values in ([np.nan, 1.0], [1.0, np.nan]):
            with pytest.warns(RuntimeWarning, match="value is nan"):
                assert math.isnan(gd.value_and_grad(f)(np.array(values))[0])
    for values in ((np.nan, 1.0), (1.0, np.nan)):
        with pytest.warns(RuntimeWarning, match="value is nan"):
            assert math.isnan(gd.value_and_grad(lambda x, y: np.maximum(x, y))(*values)[0])


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.exp(x), 1000.0),
        (lambda x: np.log(x), 0.0),
        (lambda x: np.log(x), -1.0),
        (lambda x: 1 / x, 0.0),
        (lambda x: np.maximum(x, np.exp(x)), 800.0),
        (lambda x: x + np.inf, 1.0),
    ],
)
def test_a_value_that_is_not_finite_never_gives_a_finite_gradient_without_a_word(f, x):
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match=r"\[grad\] the function's value is"):
        assert math.isnan(gd.grad(f)(x))
