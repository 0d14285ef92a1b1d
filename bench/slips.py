# SPDX-License-Identifier: MIT
"""Gradients with one slip each, as people write them: networks by hand in NumPy, and a list of slips as data.

A `Fault` is a network (a forward), a slip and a place; `faults()` lists them all. Every backward pass below is the
textbook's, with the slips that it may be asked to make in its formulas; `Net.gradient(slip, place)` makes one of them.
Parameters lie as in Gradus: layer by layer, W row by row, then b.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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


class LayerNorm:
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
        self.inverse = 1 / np.sqrt(x.var(1, keepdims=True) + 1e-5)
        self.n = (x - x.mean(1, keepdims=True)) * self.inverse
        return self.s * self.n + theta[self.width :]

    def backward(self, dy, slip):
        ds, db = (dy * self.n).sum(0), dy.sum(0)
        dn = dy if slip == "scale-forgotten" else self.s * dy
        mean = dn.mean(1, keepdims=True)
        along = self.n * (dn * self.n).mean(1, keepdims=True)
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


class Recurrent:
    """Sequences of rows of steps * features; the state after the last step."""

    slips = {
        "last-step-only": "nothing goes back through time",
        "first-step-dropped": "the first step left out",
        "shifted-state": "dU with the state after the step",
        "untransposed": "back through U in place of its transpose",
        "bias-of-last-step": "db of the last step only",
        "derivative-forgotten": "the activation's derivative left out",
        "sign": "dU with the opposite sign",
        "transpose": "dU written transposed",
        "input-shifted": "dW with the inputs of the step before",
    }

    def __init__(self, features, units):
        self.features, self.units = features, units
        self.sizes = [features * units * self.gates, units * units * self.gates, units * self.gates]
        self.size = sum(self.sizes)

    def parts(self, theta):
        f, u, g = self.features, self.units, self.gates
        a, b = self.sizes[0], self.sizes[0] + self.sizes[1]
        return theta[:a].reshape(f, g * u), theta[a:b].reshape(u, g * u), theta[b:]

    def forward(self, theta, x):
        n = len(x)
        self.steps = x.shape[1] // self.features
        self.x = x.reshape(n, self.steps, self.features)
        self.w, self.u, self.b = self.parts(theta)
        self.states = [np.zeros((n, self.units))]
        self.kept = []
        self.start(n)
        for t in range(self.steps):
            self.states.append(self.step(self.x[:, t], self.states[-1]))
        return self.states[-1]

    def backward(self, dy, slip):
        dw, du, db = 0 * self.w, 0 * self.u, 0 * self.b
        dx = np.zeros_like(self.x)
        dh = dy
        self.begin(dy)
        for t in reversed(range(self.steps)):
            da, direct = self.step_back(t, dh, slip)
            if not (slip == "first-step-dropped" and t == 0):
                source = np.roll(self.x, 1, 1)[:, t] if slip == "input-shifted" else self.x[:, t]
                dw += source.T @ da
                du += self.states[t + 1 if slip == "shifted-state" else t].T @ da
            if slip != "bias-of-last-step" or t == self.steps - 1:
                db += da.sum(0)
            dx[:, t] = da @ self.w.T
            square = slip == "untransposed" and self.gates == 1
            dh = da @ (self.u if square else self.u.T) + direct
            if slip == "last-step-only":
                break
        if slip == "sign":
            du = -du
        elif slip == "transpose":
            du = du.T.reshape(du.shape)
        return dx.reshape(len(dx), -1), np.concatenate([dw.ravel(), du.ravel(), db])


class Elman(Recurrent):
    gates = 1

    def start(self, n):
        pass

    def begin(self, dy):
        pass

    def step(self, x, h):
        return np.tanh(x @ self.w + h @ self.u + self.b)

    def step_back(self, t, dh, slip):
        h = self.states[t + 1]
        return dh * (1 if slip == "derivative-forgotten" else 1 - h * h), 0


class Lstm(Recurrent):
    gates = 4
    slips = Recurrent.slips | {
        "gates-exchanged": "input and forget gate exchanged in the derivative",
        "cell-not-carried": "the cell's derivative not carried to the step before",
        "forget-gate-forgotten": "dc carried without the forget gate",
        "cell-tanh-forgotten": "the derivative of tanh(c) left out",
        "cell-as-gate": "the cell's input derived as a sigmoid",
        "output-gate-forgotten": "the output gate's derivative 0",
    }

    def start(self, n):
        self.cells = [np.zeros((n, self.units))]

    def begin(self, dy):
        self.dc = np.zeros_like(dy)

    def step(self, x, h):
        i, f, g, o = np.split(x @ self.w + h @ self.u + self.b, 4, 1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * self.cells[-1] + i * g
        self.cells.append(c)
        self.kept.append((i, f, g, o, np.tanh(c)))
        return o * np.tanh(c)

    def step_back(self, t, dh, slip):
        i, f, g, o, tc = self.kept[t]
        dc = self.dc + dh * o * (1 if slip == "cell-tanh-forgotten" else 1 - tc * tc)
        di, df = dc * g * i * (1 - i), dc * self.cells[t] * f * (1 - f)
        dg = dc * i * (g * (1 - g) if slip == "cell-as-gate" else 1 - g * g)
        do = dh * tc * o * (1 - o)
        if slip == "derivative-forgotten":
            di, df = dc * g, dc * self.cells[t]
        if slip == "gates-exchanged":
            di, df = df, di
        if slip == "output-gate-forgotten":
            do = 0 * do
        carried = {"cell-not-carried": 0, "forget-gate-forgotten": 1}.get(slip, f)
        self.dc = dc * carried
        return np.hstack([di, df, dg, do]), 0


class Gru(Recurrent):
    gates = 3
    slips = Recurrent.slips | {
        "carry-forgotten": "the state handed on beside the gates (z h) not carried back",
        "update-gate-forgotten": "the update gate's derivative 0",
        "reset-gate-forgotten": "dq without the reset gate",
        "gate-complement": "dn with z in place of 1 - z",
    }

    def __init__(self, features, units):
        super().__init__(features, units)
        self.sizes.append(units)
        self.size = sum(self.sizes)

    def parts(self, theta):
        self.c = theta[len(theta) - self.units :]
        return super().parts(theta[: len(theta) - self.units])

    def start(self, n):
        pass

    def begin(self, dy):
        self.dc = 0 * self.c

    def step(self, x, h):
        u = self.units
        a, s = x @ self.w + self.b, h @ self.u
        r, z = sigmoid(a[:, :u] + s[:, :u]), sigmoid(a[:, u : 2 * u] + s[:, u : 2 * u])
        q = s[:, 2 * u :] + self.c
        n = np.tanh(a[:, 2 * u :] + r * q)
        self.kept.append((r, z, q, n))
        return (1 - z) * n + z * h

    def backward(self, dy, slip):
        dw, du, db, dc = (0 * part for part in (self.w, self.u, self.b, self.c))
        dx = np.zeros_like(self.x)
        dh = dy
        for t in reversed(range(self.steps)):
            r, z, q, n = self.kept[t]
            h = self.states[t]
            slope = 1 if slip == "derivative-forgotten" else 1 - n * n
            dn = dh * (z if slip == "gate-complement" else 1 - z) * slope
            dz = 0 * z if slip == "update-gate-forgotten" else dh * (h - n) * z * (1 - z)
            dr = dn * q * r * (1 - r)
            dq = dn if slip == "reset-gate-forgotten" else dn * r
            da, ds = np.hstack([dr, dz, dn]), np.hstack([dr, dz, dq])
            if not (slip == "first-step-dropped" and t == 0):
                source = np.roll(self.x, 1, 1)[:, t] if slip == "input-shifted" else self.x[:, t]
                dw += source.T @ da
                du += self.states[t + 1 if slip == "shifted-state" else t].T @ ds
            if slip != "bias-of-last-step" or t == self.steps - 1:
                db += da.sum(0)
                dc += dq.sum(0)
            dx[:, t] = da @ self.w.T
            dh = ds @ self.u.T + (0 if slip == "carry-forgotten" else dh * z)
            if slip == "last-step-only":
                break
        if slip == "sign":
            du = -du
        elif slip == "transpose":
            du = du.T.reshape(du.shape)
        return dx.reshape(len(dx), -1), np.concatenate([dw.ravel(), du.ravel(), db, dc])


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


class BatchNorm:
    slips = LayerNorm.slips

    def __init__(self, width):
        self.width, self.size = width, 2 * width

    def forward(self, theta, x):
        self.x, self.s = x, theta[: self.width]
        self.inverse = 1 / np.sqrt(x.var(0) + 1e-5)
        self.n = (x - x.mean(0)) * self.inverse
        return self.s * self.n + theta[self.width :]

    def backward(self, dy, slip):
        ds, db = (dy * self.n).sum(0), dy.sum(0)
        dn = dy if slip == "scale-forgotten" else self.s * dy
        mean = dn.mean(0)
        along = self.n * (dn * self.n).mean(0)
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


class Net:
    """A network that ends in softmax and cross-entropy, or in numbers and the squared error, from Gradus's text."""

    def __init__(self, text, samples=6, steps=5, seed=0):
        self.text = text
        random = np.random.RandomState(seed)
        words = text.split("-")
        self.channels, width = 1, int(words[0].removeprefix("seq").split("x")[-1])
        inputs = width * (steps if words[0].startswith("seq") else 1)
        self.layers = []
        for word in words[1:]:
            width = self.add(word, width)
        self.loss = SoftmaxCrossEntropy() if text.endswith("softmax") else SquaredError()
        self.theta = random.normal(size=sum(layer.size for layer in self.layers)) * 0.7
        self.x = random.normal(size=(samples, inputs))
        self.labels = random.randint(0, width, samples)
        self.t = np.eye(width)[self.labels]
        if not text.endswith("softmax"):
            self.labels = self.t = random.normal(size=self.t.shape)

    def add(self, word, width):
        """The layers of a word, after so many numbers; how many come out."""
        if word in ("layernorm", "batchnorm"):
            self.layers.append({"layernorm": LayerNorm, "batchnorm": BatchNorm}[word](width))
            return width
        if word.startswith("conv"):
            filters, kernel, kind = re.fullmatch(r"conv(\d+)k(\d+)(\w*)", word).groups()
            layer = Conv(self.channels, width // self.channels, int(filters), int(kernel))
            self.layers += [layer, Activation(kind)]
            self.channels = layer.filters
            return layer.filters * layer.places
        if word.startswith("maxpool"):
            kernel = int(word.removeprefix("maxpool"))
            self.layers.append(MaxPool(self.channels, width // self.channels, kernel))
            return width // kernel
        count, kind = re.fullmatch(r"(\d+)(\w*)", word).groups()
        recurrent = {"lstm": Lstm, "elman": Elman, "gru": Gru}
        if kind in recurrent:
            self.layers.append(recurrent[kind](width, int(count)))
        else:
            self.layers.append(Dense(width, int(count)))
            if kind == "prelu":
                self.layers.append(Prelu(int(count)))
            elif kind not in ("", "softmax"):
                self.layers.append(Activation(kind))
        return int(count)

    def value(self, theta):
        y, start = self.x, 0
        for layer in self.layers:
            y = layer.forward(theta[start : start + layer.size], y)
            start += layer.size
        return self.loss.forward(y, self.t)

    def gradient(self, slip="", place=-1):
        """With the slip at one layer, by its number; at the loss for the number of layers."""
        self.value(self.theta)
        dy = self.loss.backward(slip if place == len(self.layers) else "")
        parts = []
        for k in reversed(range(len(self.layers))):
            dy, part = self.layers[k].backward(dy, slip if place == k else "")
            parts.append(part)
        return np.concatenate(parts[::-1])


NETWORKS = [
    "3-4tanh-3softmax",
    "4-4sigmoid-4relu-3softmax",
    "3-5relu-5tanh-4sigmoid-3softmax",
    "3-5tanh-layernorm-4sigmoid-3softmax",
    "2-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-6tanh-3softmax",
    "seq2-4elman-3softmax",
    "seq3-3lstm-3tanh-3softmax",
    "seq2-3gru-3softmax",
    "1x8-conv2k3tanh-maxpool2-4tanh-3softmax",
    "4-5prelu-batchnorm-4sigmoid-3",
    "3-4tanh-4prelu-2",
]


@dataclass(frozen=True)
class Fault:
    network: str
    slip: str
    place: int  # number of the layer; the number of layers: the loss
    kind: str  # of the layer
    what: str

    def __str__(self):
        return f"{self.slip} in {self.kind} {self.place} of {self.network}"


def faults(networks=NETWORKS):
    """All that change the gradient of their network at all."""
    found = []
    for text in networks:
        net = Net(text)
        right = net.gradient()
        for place, layer in enumerate([*net.layers, net.loss]):
            kind = layer.kind if isinstance(layer, Activation) else type(layer).__name__.lower()
            for slip, what in layer.slips.items():
                wrong = net.gradient(slip, place)
                if np.abs(wrong - right).max() > 1e-9 * np.abs(right).max():
                    found.append(Fault(text, slip, place, kind, what))
    return found
