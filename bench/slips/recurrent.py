# SPDX-License-Identifier: MIT
"""Elman, LSTM and GRU layers, with the slips that may be made in their formulas."""

from __future__ import annotations

import numpy as np

from .dense import sigmoid


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
