# SPDX-License-Identifier: MIT
"""Losses, with the slips that may be made in their derivatives."""

from __future__ import annotations

import numpy as np


class SoftmaxCrossEntropy:
    slips = {
        "missing-mean": "not divided by the batch",
        "mean-twice": "divided by the batch twice",
        "divided-by-outputs": "divided by the number of outputs",
        "loss-sign": "t - p",
        "targets-forgotten": "p in place of p - t",
        "softmax-twice": "p - t times p (1 - p)",
        "doubled": "twice",
        "last-sample-forgotten": "the last sample left out",
    }

    def forward(self, z, t):
        e = np.exp(z - z.max(1, keepdims=True))
        self.p, self.t = e / e.sum(1, keepdims=True), t
        return -(t * np.log(self.p)).sum() / len(z)

    def backward(self, slip):
        p, t, n = self.p, self.t, len(self.p)
        d = (p - t) / n
        if slip == "missing-mean":
            d = d * n
        elif slip == "mean-twice":
            d = d / n
        elif slip == "divided-by-outputs":
            d = d / p.shape[1]
        elif slip == "loss-sign":
            d = -d
        elif slip == "targets-forgotten":
            d = p / n
        elif slip == "softmax-twice":
            d = d * p * (1 - p)
        elif slip == "doubled":
            d = 2 * d
        elif slip == "last-sample-forgotten":
            d = np.vstack([d[:-1], 0 * d[-1:]])
        return d


class SquaredError:
    """The mean over all numbers."""

    slips = {
        "missing-mean": "not divided by the numbers",
        "mean-of-samples": "divided by the batch only",
        "halved": "the 2 of the square forgotten",
        "loss-sign": "t - p",
        "targets-forgotten": "p in place of p - t",
        "last-sample-forgotten": "the last sample left out",
    }

    def forward(self, y, t):
        self.y, self.t = y, t
        return ((y - t) ** 2).mean()

    def backward(self, slip):
        d = 2 * (self.y - self.t) / self.y.size
        if slip == "missing-mean":
            d = d * d.size
        elif slip == "mean-of-samples":
            d = d * d.shape[1]
        elif slip == "halved":
            d = d / 2
        elif slip == "loss-sign":
            d = -d
        elif slip == "targets-forgotten":
            d = 2 * self.y / self.y.size
        elif slip == "last-sample-forgotten":
            d = np.vstack([d[:-1], 0 * d[-1:]])
        return d
