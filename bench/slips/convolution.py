# SPDX-License-Identifier: MIT
"""Convolution and max pooling over signals, with the slips that may be made in their formulas."""

from __future__ import annotations

import numpy as np


class Conv:
    """Signals of channels x length, channel by channel; no padding, stride 1."""

    slips = {
        "sign": "dW with the opposite sign",
        "transpose": "dW written transposed",
        "kernel-turned": "dx with the kernel not turned round",
        "bias-of-first-place": "db of the first place only",
        "bias-mean-of-places": "db as a mean over places",
        "mean-bias": "db as a mean over samples",
        "last-place-dropped": "the last place left out of dW",
        "input-shifted": "dW with the inputs one place further",
        "dx-sign": "dx with the opposite sign",
        "dx-of-last-kernel-cell": "dx overwritten where windows overlap",
        "last-sample-dropped": "the last sample left out of dW",
        "channels-exchanged": "dW with the input channels in the other order",
    }

    def __init__(self, channels, length, filters, kernel):
        self.channels, self.length, self.filters, self.kernel = channels, length, filters, kernel
        self.places = length - kernel + 1
        self.size = (channels * kernel + 1) * filters

    def windows(self, x):
        x = x.reshape(len(x), self.channels, self.length)
        return np.stack([x[:, :, p : p + self.kernel].reshape(len(x), -1) for p in range(self.places)], 1)

    def forward(self, theta, x):
        self.x = x
        self.w, self.b = theta[: -self.filters].reshape(-1, self.filters), theta[-self.filters :]
        y = self.windows(x) @ self.w + self.b  # sample, place, filter
        return y.transpose(0, 2, 1).reshape(len(x), -1)

    def backward(self, dy, slip):
        n = len(dy)
        dy = dy.reshape(n, self.filters, self.places).transpose(0, 2, 1)
        x = np.roll(self.x, 1, 1) if slip == "input-shifted" else self.x
        cells = self.windows(x)
        used = dy.copy()
        if slip == "last-place-dropped":
            used[:, -1] = 0
        if slip == "last-sample-dropped":
            used[-1] = 0
        dw = np.einsum("npc,npf->cf", cells, used)
        db = dy.sum((0, 1))
        if slip == "sign":
            dw = -dw
        elif slip == "transpose":
            dw = dw.T.reshape(dw.shape)
        elif slip == "channels-exchanged":
            dw = dw.reshape(self.channels, self.kernel, -1)[::-1].reshape(dw.shape)
        elif slip == "bias-of-first-place":
            db = dy[:, 0].sum(0)
        elif slip == "bias-mean-of-places":
            db = db / self.places
        elif slip == "mean-bias":
            db = db / n
        w = self.w.reshape(self.channels, self.kernel, self.filters)
        if slip == "kernel-turned":
            w = w[:, ::-1]
        dx = np.zeros((n, self.channels, self.length))
        for p in range(self.places):
            part = np.einsum("nf,ckf->nck", dy[:, p], w)
            if slip == "dx-of-last-kernel-cell":
                dx[:, :, p : p + self.kernel] = part
            else:
                dx[:, :, p : p + self.kernel] += part
        return dx.reshape(n, -1) * (-1 if slip == "dx-sign" else 1), np.concatenate([dw.ravel(), db])


class MaxPool:
    slips = {
        "everywhere": "passed back to the whole window",
        "first-cell": "passed back to the first cell of the window",
        "mean": "passed back as a mean over the window",
        "least": "passed back to the least of the window",
        "dx-sign": "dx with the opposite sign",
    }
    size = 0

    def __init__(self, channels, length, kernel):
        self.channels, self.length, self.kernel = channels, length, kernel

    def forward(self, theta, x):
        self.x = x.reshape(len(x), self.channels, self.length // self.kernel, self.kernel)
        return self.x.max(3).reshape(len(x), -1)

    def backward(self, dy, slip):
        x = -self.x if slip == "least" else self.x
        mask = 1.0 * (x == x.max(3, keepdims=True))
        if slip == "everywhere":
            mask = np.ones_like(mask)
        elif slip == "mean":
            mask = np.ones_like(mask) / self.kernel
        elif slip == "first-cell":
            mask = np.zeros_like(mask)
            mask[..., 0] = 1
        dx = dy.reshape(x.shape[:3])[..., None] * mask * (-1 if slip == "dx-sign" else 1)
        return dx.reshape(len(dy), -1), np.zeros(0)
