# SPDX-License-Identifier: MIT
"""NumPy: the networks of the workloads as a person writes them with arrays."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from contender import Run, load, serve

ACT = {
    "relu": (lambda z: np.maximum(z, 0), lambda y: y > 0),
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda y: y * (1 - y)),
}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Mlp:
    def __init__(self, widths, act, dtype):
        random = np.random.RandomState(1)
        self.w = [(random.randn(a, b) / np.sqrt(a)).astype(dtype) for a, b in pairwise(widths)]
        self.b = [np.zeros(b, dtype) for b in widths[1:]]
        self.act, self.slope = ACT[act]
        self.m = [np.zeros_like(p) for p in self.w + self.b]
        self.v = [np.zeros_like(p) for p in self.w + self.b]
        self.t = 0

    def outputs(self, x):
        h = [x]
        for w, b in zip(self.w[:-1], self.b[:-1]):
            h.append(self.act(h[-1] @ w + b))
        h.append(softmax(h[-1] @ self.w[-1] + self.b[-1]))
        return h

    def gradient(self, x, t):
        h = self.outputs(x)
        delta = (h[-1] - t) / len(x)
        dw, db = [], []
        for layer in reversed(range(len(self.w))):
            dw.insert(0, h[layer].T @ delta)
            db.insert(0, delta.sum(axis=0))
            if layer:
                delta = (delta @ self.w[layer].T) * self.slope(h[layer])
        return dw + db

    def descend(self, x, t, rate):
        for p, g in zip(self.w + self.b, self.gradient(x, t)):
            p -= rate * g

    def adam(self, x, t, rate=1e-3):
        self.t += 1
        rate *= np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
        for p, g, m, v in zip(self.w + self.b, self.gradient(x, t), self.m, self.v):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= p.dtype.type(rate) * m / (np.sqrt(v) + p.dtype.type(1e-8))


def start(workload, single, threads):
    dtype = np.float32 if single else np.float64

    def training(data, widths, act, batch, step, learn, units=None):
        x, labels, classes = load(data, dtype)
        t = np.eye(classes, dtype=dtype)[labels]
        net = Mlp(widths, act, dtype)
        rows = [slice(k, k + batch) for k in range(0, len(x), batch)]

        def work(epochs):
            for _ in range(epochs):
                for r in rows:
                    step(net, x[r], t[r])

        def score():
            return float(-np.log(net.outputs(x)[-1][np.arange(len(x)), labels]).mean())

        return Run(work, units or len(rows), learn, score)

    descend = lambda rate: lambda net, x, t: net.descend(x, t, dtype(rate))  # noqa: E731
    if threads > 1:
        return None
    if workload in ("A-relu", "A-tanh"):
        return training("circles", [2, 16, 2], workload[2:], 1, descend(0.05), 20)
    if workload == "B":
        return training("circles", [2, 16, 2], "tanh", 32, descend(0.1), 50)
    if workload == "C":
        return training("iris", [4, 8, 3], "sigmoid", 150, descend(0.1), 5000)
    if workload == "D":
        return training("digits", [64, 100, 10], "relu", 200, Mlp.adam, 20, units=1)
    if workload == "E":
        return training("wide", [784, 512, 512, 10], "relu", 128, Mlp.adam, 5, units=1024)
    if workload in ("F-tanh", "F-relu"):
        x, _, _ = load("circles" if workload == "F-tanh" else "wide32", dtype)
        net = Mlp([2, 16, 2] if workload == "F-tanh" else [32, 64, 64, 8], workload[2:], dtype)

        def work(passes):
            for _ in range(passes):
                for k in range(len(x)):
                    net.outputs(x[k : k + 1])

        return Run(work, len(x), 1, lambda: float(net.outputs(x[:1])[-1][0, 0]))
    return None


serve(start)
