# SPDX-License-Identifier: MIT
"""Layer and batch normalisation, with the slips that may be made in their formulas."""

from __future__ import annotations

import numpy as np


class LayerNorm:
    over = 1  # the axis of what is normalised together
    slips = {
        "mean-path": "the path through the mean forgotten",
        "variance-path": "the path through the variance forgotten",
        "both-paths": "both forgotten",
        "scale-forgotten": "the scale left out of dx",
        "scale-of-x": "ds with x in place of the normalised",
        "shift-mean": "db as a mean over samples",
        "inverse-forgotten": "not divided by the deviation",
    }

    def __init__(self, width):
        self.width, self.size = width, 2 * width

    def forward(self, theta, x):
        self.x, self.s = x, theta[: self.width]
        self.inverse = 1 / np.sqrt(x.var(self.over, keepdims=True) + 1e-5)
        self.n = (x - x.mean(self.over, keepdims=True)) * self.inverse
        return self.s * self.n + theta[self.width :]

    def backward(self, dy, slip):
        ds, db = (dy * self.n).sum(0), dy.sum(0)
        dn = dy if slip == "scale-forgotten" else self.s * dy
        mean = dn.mean(self.over, keepdims=True)
        along = self.n * (dn * self.n).mean(self.over, keepdims=True)
        if slip in ("mean-path", "both-paths"):
            mean = 0
        if slip in ("variance-path", "both-paths"):
            along = 0
        dx = (dn - mean - along) * (1 if slip == "inverse-forgotten" else self.inverse)
        if slip == "scale-of-x":
            ds = (dy * self.x).sum(0)
        if slip == "shift-mean":
            db = dy.mean(0)
        return dx, np.concatenate([ds, db])


class BatchNorm(LayerNorm):
    over = 0
