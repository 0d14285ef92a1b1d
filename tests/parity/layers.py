#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Forward passes of layers in NumPy, written from their definitions, as JSON for the C++ tests.

Parameters, state and inputs are drawn from RandomState(seed): theta, then state, then x, all uniform, so that the C++
side draws the same bits. Every float is written in hexadecimal, so that no bit is lost.
"""

import json

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Parameters:
    """Hands out the flat vector piece by piece."""

    def __init__(self, theta):
        self.theta, self.used = theta, 0

    def take(self, *shape):
        count = int(np.prod(shape))
        self.used += count
        return self.theta[self.used - count : self.used].reshape(shape)


def convolution(x, p, shape, filters, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    channels, height, width = shape
    x = x.reshape(-1, channels, height, width)
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    share = channels // groups
    w = p.take(share, *kernel, filters)
    b = p.take(filters)
    rows = (x.shape[2] - dilation[0] * (kernel[0] - 1) - 1) // stride[0] + 1
    cols = (x.shape[3] - dilation[1] * (kernel[1] - 1) - 1) // stride[1] + 1
    y = np.empty((len(x), filters, rows, cols))
    for f in range(filters):
        group = f // (filters // groups)
        for r in range(rows):
            for c in range(cols):
                top, left = r * stride[0], c * stride[1]
                patch = x[
                    :,
                    group * share : (group + 1) * share,
                    top : top + dilation[0] * kernel[0] : dilation[0],
                    left : left + dilation[1] * kernel[1] : dilation[1],
                ][:, :, : kernel[0], : kernel[1]]
                y[:, f, r, c] = np.einsum("ncij,cij->n", patch, w[..., f]) + b[f]
    return y.reshape(len(x), -1)


def pooling(x, shape, kernel, stride, padding, reduce):
    channels, height, width = shape
    x = np.pad(
        x.reshape(-1, channels, height, width),
        ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2),
        constant_values=np.nan,
    )
    rows = (x.shape[2] - kernel[0]) // stride[0] + 1
    cols = (x.shape[3] - kernel[1]) // stride[1] + 1
    y = np.empty((len(x), channels, rows, cols))
    for r in range(rows):
        for c in range(cols):
            y[:, :, r, c] = reduce(
                x[:, :, r * stride[0] : r * stride[0] + kernel[0], c * stride[1] : c * stride[1] + kernel[1]],
                axis=(2, 3),
            )
    return y.reshape(len(x), -1)


def elman(x, p, units, features):
    w, u, b = p.take(features, units), p.take(units, units), p.take(units)
    h, out = np.zeros((len(x), units)), []
    for xt in np.split(x, x.shape[1] // features, axis=1):
        h = np.tanh(xt @ w + h @ u + b)
        out.append(h)
    return out


def gru(x, p, units, features):
    w, u = p.take(features, 3, units), p.take(units, 3, units)
    b, c = p.take(3, units), p.take(units)
    h, out = np.zeros((len(x), units)), []
    for xt in np.split(x, x.shape[1] // features, axis=1):
        r = sigmoid(xt @ w[:, 0] + h @ u[:, 0] + b[0])
        z = sigmoid(xt @ w[:, 1] + h @ u[:, 1] + b[1])
        n = np.tanh(xt @ w[:, 2] + b[2] + r * (h @ u[:, 2] + c))
        h = (1 - z) * n + z * h
        out.append(h)
    return out


def lstm(x, p, units, features):
    w, u, b = p.take(features, 4, units), p.take(units, 4, units), p.take(4, units)
    h, cell, out = np.zeros((len(x), units)), np.zeros((len(x), units)), []
    for xt in np.split(x, x.shape[1] // features, axis=1):
        a = [xt @ w[:, k] + h @ u[:, k] + b[k] for k in range(4)]
        cell = sigmoid(a[1]) * cell + sigmoid(a[0]) * np.tanh(a[2])
        h = sigmoid(a[3]) * np.tanh(cell)
        out.append(h)
    return out


def layer_norm(x, p):
    s, b = p.take(x.shape[1]), p.take(x.shape[1])
    return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5) * s + b


def rms_norm(x, p):
    return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5) * p.take(x.shape[1])


def batch_norm(x, p, state, channels, training):
    s, b = p.take(1, channels, 1), p.take(1, channels, 1)
    x3 = x.reshape(len(x), channels, -1)
    mean, variance = state[:channels].copy(), state[channels:].copy()
    if training:
        batch_mean, batch_variance = x3.mean(axis=(0, 2)), x3.var(axis=(0, 2))
        state[:channels] = 0.9 * mean + 0.1 * batch_mean
        state[channels:] = 0.9 * variance + 0.1 * x3.var(axis=(0, 2), ddof=1)
        mean, variance = batch_mean, batch_variance
    n = (x3 - mean[None, :, None]) / np.sqrt(variance[None, :, None] + 1e-5)
    return (n * s + b).reshape(x.shape)


CASES = []


def case(text, parameters, cols, forward, state=0, samples=5, training=False):
    seed = len(CASES)
    random = np.random.RandomState(seed)
    p = Parameters(random.uniform(-1, 1, parameters))
    running = random.uniform(0.5, 2, state)
    x = random.uniform(-2, 2, (samples, cols))
    y = np.asarray(forward(x, p, running))
    assert p.used == parameters, text
    CASES.append(
        {
            "text": text,
            "seed": seed,
            "samples": samples,
            "cols": cols,
            "training": training,
            "y": [float(v).hex() for v in y.ravel()],
            "state": [float(v).hex() for v in running],
        }
    )


for shape, spec, filters, options in [
    ((1, 8, 8), "conv8k3", 8, {"kernel": (3, 3)}),
    ((3, 5, 7), "conv2k2x3s2x1p1x2", 2, {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 2)}),
    ((4, 7, 9), "conv6k3d2g2", 6, {"kernel": (3, 3), "dilation": (2, 2), "groups": 2}),
    ((3, 4, 4), "conv3k2s3g3", 3, {"kernel": (2, 2), "stride": (3, 3), "groups": 3}),
]:
    count = shape[0] // options.get("groups", 1) * options["kernel"][0] * options["kernel"][1] * filters + filters
    case(
        "x".join(map(str, shape)) + "-" + spec,
        count,
        int(np.prod(shape)),
        lambda x, p, s: convolution(x, p, shape, filters, **options),
    )
case(
    "2x11-conv3k3s2p1d2",
    2 * 3 * 3 + 3,
    22,
    lambda x, p, s: convolution(x, p, (2, 1, 11), 3, (1, 3), (1, 2), (0, 1), (1, 2)),
)
for name, reduce in [("max", np.nanmax), ("avg", np.nanmean)]:
    case(f"2x7x6-{name}pool2", 0, 84, lambda x, p, s: pooling(x, (2, 7, 6), (2, 2), (2, 2), (0, 0), reduce))
    case(f"1x7x6-{name}pool3x2s2x1p1", 0, 42, lambda x, p, s: pooling(x, (1, 7, 6), (3, 2), (2, 1), (1, 1), reduce))
    case(f"2x9-{name}pool3s2p1", 0, 18, lambda x, p, s: pooling(x, (2, 1, 9), (1, 3), (1, 2), (0, 1), reduce))
    case(f"3x4x5-global{name}pool", 0, 60, lambda x, p, s: pooling(x, (3, 4, 5), (4, 5), (4, 5), (0, 0), reduce))
for name, layer, gates, extra in [("elman", elman, 1, 0), ("gru", gru, 3, 1), ("lstm", lstm, 4, 0)]:
    for units, features, steps in [(1, 1, 1), (5, 3, 4), (8, 2, 13)]:
        count = gates * (features + units + 1) * units + extra * units
        case(f"seq{features}-{units}{name}", count, steps * features, lambda x, p, s: layer(x, p, units, features)[-1])
        case(
            f"seq{features}-{units}{name}:all",
            count,
            steps * features,
            lambda x, p, s: np.concatenate(layer(x, p, units, features), axis=1),
        )
for width in [1, 2, 7, 16]:
    case(f"{width}-layernorm", 2 * width, width, lambda x, p, s: layer_norm(x, p))
    case(f"{width}-rmsnorm", width, width, lambda x, p, s: rms_norm(x, p))
    for training in [False, True]:
        case(
            f"{width}-batchnorm",
            2 * width,
            width,
            lambda x, p, s: batch_norm(x, p, s, width, training),
            state=2 * width,
            training=training,
        )
for training in [False, True]:
    case("3x4x2-batchnorm", 6, 24, lambda x, p, s: batch_norm(x, p, s, 3, training), state=6, training=training)
case("3-[3tanh]+", 12, 3, lambda x, p, s: x + np.tanh(x @ p.take(3, 3) + p.take(3)))
case("4-as4-logsoftmax", 0, 4, lambda x, p, s: x - np.log(np.exp(x).sum(axis=1, keepdims=True)))
print(json.dumps(CASES))
