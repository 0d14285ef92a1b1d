# SPDX-License-Identifier: MIT
"""Dense layers, activations and PReLU, with the slips that may be made in their formulas."""

from __future__ import annotations

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Dense:
    slips = {
        "transpose": "dW written transposed",
        "sign": "dW with the opposite sign",
        "first-bias": "db of the first sample only",
        "mean-bias": "db as a mean over samples",
        "bias-forgotten": "db never computed",
        "last-sample-dropped": "the last sample left out of dW",
        "stale": "dW with the inputs of another sample",
        "last-row-dropped": "the last row of dW left 0",
        "bias-penalty": "a penalty on the bias",
        "weight-penalty": "a penalty the loss does not have",
        "untransposed": "dx with W in place of its transpose",
        "mean-weights": "dW as a mean over samples",
        "entry-exchanged": "two numbers of dW exchanged",
        "bias-doubled": "db twice",
    }

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.size = (inputs + 1) * outputs

    def forward(self, theta, x):
        self.x = x
        self.w = theta[: self.inputs * self.outputs].reshape(self.inputs, self.outputs)
        self.b = theta[self.inputs * self.outputs :]
        return x @ self.w + self.b

    def backward(self, dy, slip):
        x, n = self.x, len(self.x)
        dw, db, dx = x.T @ dy, dy.sum(0), dy @ self.w.T
        if slip == "transpose":
            dw = dw.T.reshape(dw.shape)
        elif slip == "sign":
            dw = -dw
        elif slip == "first-bias":
            db = dy[0]
        elif slip == "mean-bias":
            db = dy.mean(0)
        elif slip == "bias-forgotten":
            db = 0 * db
        elif slip == "last-sample-dropped":
            dw = x[:-1].T @ dy[:-1]
        elif slip == "stale":
            dw = np.roll(x, 1, 0).T @ dy
        elif slip == "last-row-dropped":
            dw = np.vstack([dw[:-1], 0 * dw[-1:]])
        elif slip == "bias-penalty":
            db = db + 0.1 * self.b
        elif slip == "weight-penalty":
            dw = dw + 0.01 * self.w
        elif slip == "untransposed":
            dx = dy @ self.w if self.inputs == self.outputs else dx
        elif slip == "mean-weights":
            dw = dw / n
        elif slip == "entry-exchanged":
            dw = dw.copy()
            flat = dw.ravel()
            flat[[0, -1]] = flat[[-1, 0]]
        elif slip == "bias-doubled":
            db = 2 * db
        return dx, np.concatenate([dw.ravel(), db])


class Activation:
    slips = {
        "derivative-forgotten": "dx = dy",
        "derivative-at-z": "the derivative's formula in y, given z",
        "derivative-twice": "f' applied twice",
        "other-derivative": "the derivative of another activation",
        "dx-sign": "dx with the opposite sign",
        "dx-forgotten": "nothing passed back",
        "dx-of-first-sample": "only the first sample passes anything back",
        "squared-forgotten": "1 - y in place of 1 - y^2, y in place of y (1 - y)",
        "wrong-side": "the sides of the kink exchanged",
    }
    size = 0

    def __init__(self, kind):
        self.kind = kind

    def forward(self, theta, x):
        self.x = x
        self.y = {"tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda z: np.maximum(z, 0)}[self.kind](x)
        return self.y

    def slope(self, z, y):
        return {"tanh": 1 - y * y, "sigmoid": y * (1 - y), "relu": (z > 0) * 1.0}[self.kind]

    def backward(self, dy, slip):
        z, y = self.x, self.y
        d = self.slope(z, y)
        if slip == "derivative-forgotten":
            d = 1
        elif slip == "derivative-at-z":
            d = self.slope(y - 0.5, z)
        elif slip == "derivative-twice":
            d = d * d
        elif slip == "other-derivative":
            d = y * (1 - y) if self.kind == "tanh" else 1 - y * y
        elif slip == "dx-sign":
            d = -d
        elif slip == "dx-forgotten":
            d = 0 * d
        elif slip == "squared-forgotten":
            d = {"tanh": 1 - y, "sigmoid": y, "relu": y}[self.kind]
        elif slip == "wrong-side":
            d = (z <= 0) * 1.0 if self.kind == "relu" else d
        dx = dy * d
        if slip == "dx-of-first-sample":
            dx = np.vstack([dx[:1], 0 * dx[1:]])
        return dx, np.zeros(0)


class Prelu:
    slips = {
        "slope-forgotten": "dx = dy everywhere",
        "slope-mean": "da as a mean over samples",
        "slope-of-all": "da of the positive side too",
        "slope-zero": "nothing passed back on the negative side",
        "sign": "da with the opposite sign",
        "wrong-side": "the sides of the kink exchanged",
    }

    def __init__(self, width):
        self.size = width

    def forward(self, theta, x):
        self.x, self.a = x, theta
        return np.where(x > 0, x, theta * x)

    def backward(self, dy, slip):
        x = self.x
        da = (dy * np.where(x > 0, 0, x)).sum(0)
        dx = dy * np.where((x <= 0) if slip == "wrong-side" else (x > 0), 1, self.a)
        if slip == "slope-forgotten":
            dx = dy
        elif slip == "slope-zero":
            dx = dy * (x > 0)
        elif slip == "slope-mean":
            da = da / len(x)
        elif slip == "slope-of-all":
            da = (dy * x).sum(0)
        elif slip == "sign":
            da = -da
        return dx, da
