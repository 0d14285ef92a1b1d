# SPDX-License-Identifier: MIT
"""Slips of people's own training code, outside the formulas of one layer: what is done to a gradient that was right, to
all layers alike, or between them. Each is a function of a `Net` that gives the wrong gradient, or None where it does not
fit, and the names by which it may rightly be called: its own, and those that give the same numbers in these networks."""

from __future__ import annotations

import numpy as np

from .dense import Activation, Dense, sigmoid
from .losses import SoftmaxCrossEntropy
from .recurrent import Recurrent


def backward(net, after=None, seed=None):
    """The textbook's pass; `after(k, layer, dy, dx, part)` may change what layer k gives."""
    net.value(net.theta)
    dy = net.loss.backward("") if seed is None else seed
    parts = []
    for k in reversed(range(len(net.layers))):
        dx, part = net.layers[k].backward(dy, "")
        if after:
            dx, part = after(k, net.layers[k], dy, dx, part)
        dy = dx
        parts.append(part)
    return np.concatenate(parts[::-1])


def of_samples(net):
    """One gradient for each sample; they add up to the gradient."""
    net.value(net.theta)
    whole = net.loss.backward("")
    rows = []
    for i in range(len(whole)):
        seed = 0 * whole
        seed[i] = whole[i]
        rows.append(backward(net, seed=seed))
    return np.array(rows)


def arrays(net):
    """Where the arrays lie in theta: a slice and whether it is a bias, for dense layers; None for others."""
    found, start = [], 0
    for layer in net.layers:
        if isinstance(layer, Dense):
            weights = layer.inputs * layer.outputs
            found += [(slice(start, start + weights), False), (slice(start + weights, start + layer.size), True)]
        elif layer.size:
            return None
        start += layer.size
    return found


def on_weights(net, f):
    """f of theta's weights, 0 for its biases."""
    places = arrays(net)
    if places is None:
        return None
    term = np.zeros_like(net.theta)
    for place, is_bias in places:
        if not is_bias:
            term[place] = f(net.theta[place])
    return backward(net) + term


def every(kind, change):
    """The change at every layer of a kind."""

    def wrong(net):
        if not any(isinstance(layer, kind) for layer in net.layers):
            return None
        return backward(
            net, lambda k, layer, dy, dx, part: change(layer, dy, dx, part) if isinstance(layer, kind) else (dx, part)
        )

    return wrong


def activation(f):
    """dx of every activation by f(layer, dy, dx)."""
    return every(Activation, lambda layer, dy, dx, part: (f(layer, dy, dx), part))


def dense(f):
    """dW and db of every dense layer by f(layer, dy, dW, db)."""

    def change(layer, dy, dx, part):
        weights = layer.inputs * layer.outputs
        dw, db = f(layer, dy, part[:weights].reshape(layer.inputs, -1), part[weights:])
        return dx, np.concatenate([np.ravel(dw), db])

    return every(Dense, change)


def seed(f):
    """The loss's derivative by f(p, t, z) / batch, under a softmax."""

    def wrong(net):
        if not isinstance(net.loss, SoftmaxCrossEntropy):
            return None
        net.value(net.theta)
        p, t = net.loss.p, net.loss.t
        return backward(net, seed=f(p, t, np.log(p)) / len(p))

    return wrong


def softmax_jacobian(p, d):
    return p * (d - (p * d).sum(1, keepdims=True))


def clipped_norm(net):
    g = backward(net)
    return g * 0.01 / np.linalg.norm(g)


def clipped_norms(net, largest=0.02):
    places = arrays(net)
    if places is None:
        return None
    g = backward(net)
    for place, _ in places:
        g[place] *= min(1, largest / np.linalg.norm(g[place]))
    return g


def normalised(net):
    places = arrays(net)
    if places is None:
        return None
    g = backward(net)
    for place, _ in places:
        g[place] /= np.linalg.norm(g[place])
    return g


def momentum(net):
    v = 0
    for g in of_samples(net):
        v = 0.9 * v + g
    return v


def of_classes(net):
    if not isinstance(net.loss, SoftmaxCrossEntropy):
        return None
    return (np.array([1.0, 2.0, 5.0])[net.labels, None] * of_samples(net)).sum(0)


def moved_weights(net, rate=0.1):
    def after(k, layer, dy, dx, part):
        if isinstance(layer, Dense):
            weights = layer.inputs * layer.outputs
            dx = dy @ (layer.w - rate * part[:weights].reshape(layer.w.shape)).T
        return dx, part

    return backward(net, after)


def alike(net):
    """Pairs of dense layers of one shape."""
    found = [k for k, layer in enumerate(net.layers) if isinstance(layer, Dense)]
    return [
        (a, b)
        for a in found
        for b in found
        if a < b and (net.layers[a].inputs, net.layers[a].outputs) == (net.layers[b].inputs, net.layers[b].outputs)
    ]


def wrong_weights(net):
    pairs = alike(net)
    if not pairs:
        return None
    a, b = pairs[-1]
    net.value(net.theta)
    return backward(net, lambda k, layer, dy, dx, part: (dy @ net.layers[b].w.T if k == a else dx, part))


def wrong_derivative(net):
    pairs = alike(net)
    if not pairs:
        return None
    a, b = pairs[0]
    kept = {}
    backward(net, lambda k, layer, dy, dx, part: (kept.setdefault(k, dy) is None or dx, part))
    return backward(net, lambda k, layer, dy, dx, part: (dx, layer.backward(kept[b], "")[1] if k == a else part))


def exchanged(net):
    pairs = alike(net)
    if not pairs:
        return None
    a, b = pairs[0]
    starts = np.cumsum([0] + [layer.size for layer in net.layers])
    g = backward(net)
    one, other = slice(starts[a], starts[a + 1]), slice(starts[b], starts[b + 1])
    size = net.layers[a].inputs * net.layers[a].outputs
    one, other = slice(one.start, one.start + size), slice(other.start, other.start + size)
    g[one], g[other] = g[other].copy(), g[one].copy()
    return g


def other_slope(net, slope=0.01):
    if not any(isinstance(layer, Activation) and layer.kind == "relu" for layer in net.layers):
        return None

    def after(k, layer, dy, dx, part):
        if isinstance(layer, Activation) and layer.kind == "relu":
            dx = dy * np.where(layer.x > 0, 1, slope)
        return dx, part

    return backward(net, after)


def truncated(net, keep=2):
    recurrent = [layer for layer in net.layers if isinstance(layer, Recurrent)]
    if len(recurrent) != 1 or recurrent[0].gates != 1:
        return None

    def after(k, layer, dy, dx, part):
        if not isinstance(layer, Recurrent):
            return dx, part
        dw, du, db, dh = 0 * layer.w, 0 * layer.u, 0 * layer.b, dy
        for t in reversed(range(layer.steps)):
            h = layer.states[t + 1]
            da = dh * (1 - h * h)
            dw, du, db = dw + layer.x[:, t].T @ da, du + layer.states[t].T @ da, db + da.sum(0)
            dh = 0 * dh if (layer.steps - t) % keep == 0 else da @ layer.u.T
        return dx, np.concatenate([dw.ravel(), du.ravel(), db])

    return backward(net, after)


def other_targets(f):
    def wrong(net):
        right = net.t
        net.t = f(right)
        try:
            return backward(net)
        finally:
            net.t = right

    return wrong


def function_of(kind):
    return {"tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda z: np.maximum(z, 0)}[kind]


def smoothed(p, t, z):
    return p - (0.9 * t + 0.1 / t.shape[1])


SLIPS = {
    # Done to a gradient that was right.
    "clipped": (lambda net: np.clip(g := backward(net), *(np.array([-0.3, 0.3]) * abs(g).max())), {"clipped"}),
    "clipped-norm": (clipped_norm, {"clipped-norm", "factor"}),
    "clipped-norm-by-array": (clipped_norms, {"clipped-norm", "normalised"}),
    "normalised-by-array": (normalised, {"normalised"}),
    "l1": (lambda net: on_weights(net, lambda w: 0.01 * np.sign(w)), {"l1-penalty"}),
    "l1-on-all": (lambda net: backward(net) + 0.01 * np.sign(net.theta), {"l1-penalty"}),
    "l2": (lambda net: on_weights(net, lambda w: 0.01 * w), {"regularised-weights"}),
    "l2-on-all": (lambda net: backward(net) + 0.003 * net.theta, {"regularised-all"}),
    "elastic": (lambda net: on_weights(net, lambda w: 0.01 * np.sign(w) + 0.02 * w), {"elastic-penalty"}),
    "momentum-over-samples": (momentum, {"samples-weighted"}),
    "classes-weighted": (of_classes, {"samples-weighted"}),
    "one-sample-twice": (lambda net: backward(net) + of_samples(net)[2], {"samples-weighted"}),
    "a-sample-lost": (lambda net: backward(net) - of_samples(net)[2], {"samples-weighted"}),
    "averaged": (lambda net: 0.1 * backward(net), {"factor"}),
    "three-passes": (lambda net: 3 * backward(net), {"factor", "times-outputs"}),
    "n-less-one": (lambda net: backward(net) * len(net.x) / (len(net.x) - 1), {"n-less-one"}),
    "a-step": (lambda net: -0.05 * backward(net), {"factor"}),
    "signs": (lambda net: np.sign(backward(net)), {"signs-only"}),
    "squares": (lambda net: backward(net) ** 2, {"squared"}),
    "squares-averaged": (lambda net: 0.001 * backward(net) ** 2, {"squared"}),
    "parameters": (lambda net: net.theta.copy(), {"parameters"}),
    "parameters-after": (lambda net: net.theta - 0.1 * backward(net), {"updated-parameters"}),
    "rounded": (lambda net: np.round(backward(net), 4), {"rounded", "approximate"}),
    "half-precision": (lambda net: backward(net).astype(np.float16).astype(float), {"approximate"}),
    "single-precision": (lambda net: backward(net).astype(np.float32).astype(float), {"approximate"}),
    "weights-exchanged": (exchanged, {"arrays-exchanged"}),
    # In every layer alike.
    "relu-on-delta": (activation(lambda layer, dy, dx: np.maximum(dx, 0)), {"delta-rectified"}),
    "relu-of-delta": (activation(lambda layer, dy, dx: np.maximum(dy, 0)), {"delta-rectified"}),
    "activation-of-delta": (
        activation(lambda layer, dy, dx: function_of(layer.kind)(dy)),
        {"activated-delta", "delta-rectified"},
    ),
    "derivatives-forgotten": (activation(lambda layer, dy, dx: dy), {"missing-derivative"}),
    "derivatives-at-y": (
        activation(lambda layer, dy, dx: dy * layer.slope(layer.y, function_of(layer.kind)(layer.y))),
        {"derivative-at-output", "missing-derivative"},
    ),
    "derivatives-at-z": (
        activation(lambda layer, dy, dx: dy * layer.slope(layer.x, layer.x)),
        {"derivative-at-z"},
    ),
    "derivatives-twice": (activation(lambda layer, dy, dx: dx * layer.slope(layer.x, layer.y)), {"twice"}),
    "all-as-sigmoid": (activation(lambda layer, dy, dx: dy * layer.y * (1 - layer.y)), {"other-derivative"}),
    "all-as-tanh": (activation(lambda layer, dy, dx: dy * (1 - layer.y**2)), {"other-derivative"}),
    "y-for-derivative": (activation(lambda layer, dy, dx: dy * layer.y), {"other-derivative"}),
    "one-minus-y": (activation(lambda layer, dy, dx: dy * (1 - layer.y)), {"other-derivative"}),
    "leaky-for-relu": (other_slope, {"other-slope"}),
    "stale-everywhere": (
        dense(lambda layer, dy, dw, db: (np.roll(layer.x, 1, 0).T @ dy, db)),
        {"stale-activation"},
    ),
    "mean-weights-everywhere": (
        dense(lambda layer, dy, dw, db: (dw / len(dy), db)),
        {"mean-for-sum", "mean-twice"},
    ),
    "mean-bias-everywhere": (dense(lambda layer, dy, dw, db: (dw, dy.mean(0))), {"mean-for-sum", "mean-twice"}),
    "bias-of-all": (
        dense(lambda layer, dy, dw, db: (dw, np.full_like(db, dy.sum()))),
        {"wrong-axis", "missing-gradient"},
    ),
    "bias-mean-of-all": (
        dense(lambda layer, dy, dw, db: (dw, np.full_like(db, dy.mean()))),
        {"wrong-axis", "missing-gradient"},
    ),
    "bias-forgotten-everywhere": (dense(lambda layer, dy, dw, db: (dw, 0 * db)), {"missing-gradient"}),
    "last-sample-dropped-everywhere": (
        dense(lambda layer, dy, dw, db: (layer.x[:-1].T @ dy[:-1], db)),
        {"dropped-term"},
    ),
    "untransposed-everywhere": (dense(lambda layer, dy, dw, db: (dw.T, db)), {"transpose"}),
    "sign-of-weights-everywhere": (dense(lambda layer, dy, dw, db: (-dw, db)), {"sign"}),
    # Between the layers.
    "moved-weights": (moved_weights, {"moved-weights"}),
    "wrong-weights": (wrong_weights, {"wrong-weights"}),
    "wrong-derivative": (wrong_derivative, {"wrong-derivative"}),
    "truncated": (truncated, {"truncated"}),
    # At the loss.
    "squared-error": (seed(lambda p, t, z: softmax_jacobian(p, 2 * (p - t)) / p.shape[1]), {"other-loss"}),
    "squared-error-halved": (seed(lambda p, t, z: softmax_jacobian(p, p - t)), {"softmax-twice"}),
    "squared-error-diagonal": (seed(lambda p, t, z: (p - t) * p * (1 - p)), {"softmax-twice"}),
    "diagonal-only": (seed(lambda p, t, z: -t / p * p * (1 - p)), {"true-class-only"}),
    "softmax-forgotten": (seed(lambda p, t, z: -t / p), {"softmax-forgotten", "other-loss"}),
    "log-probabilities": (seed(lambda p, t, z: z - t), {"logarithms-for-probabilities"}),
    "smoothed-targets": (seed(smoothed), {"smoothed-targets"}),
    "targets-of-the-next": (other_targets(lambda t: np.roll(t, -1, 0)), {"targets-exchanged", "classes-shifted"}),
    "targets-of-the-last": (other_targets(lambda t: np.roll(t, 1, 0)), {"targets-exchanged", "classes-shifted"}),
    "targets-reversed": (other_targets(lambda t: t[::-1]), {"targets-exchanged"}),
    "targets-inverted": (other_targets(lambda t: 1 - t), {"targets-inverted"}),
    "targets-negated": (other_targets(lambda t: -t), {"targets-negated"}),
    "classes-from-one": (seed(lambda p, t, z: p - np.roll(t, 1, 1)), {"classes-shifted"}),
}

NETWORKS = [
    "3-4tanh-3softmax",
    "4-4sigmoid-4relu-3softmax",
    "3-5relu-5tanh-5tanh-5sigmoid-3softmax",
    "2-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-3softmax",
    "seq2-4elman-3softmax",
    "3-4tanh-4sigmoid-2",
]


def faults(make_net):
    """(network, slip, the net, the wrong gradient, the names it may have), for all that change the gradient at all."""
    for text in NETWORKS:
        for slip, (wrong_of, names) in SLIPS.items():
            net = make_net(text)
            right = backward(net)
            wrong = wrong_of(net)
            if wrong is not None and np.abs(wrong - right).max() > 1e-12 * np.abs(right).max():
                yield text, slip, net, wrong, names
