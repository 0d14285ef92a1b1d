#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Iterates of first-order methods from their textbook formulas in NumPy, as JSON: optimizers.py iterates.

Each setting draws a start, a sequence of gradients (the method need not know where they come from) and the method's
numbers from a fixed seed; every float is written in hexadecimal.
"""

import json
import sys

import numpy as np

STEPS = 40
rng = np.random.RandomState(20240715)


def exact(values):
    return [float(v).hex() for v in np.asarray(values).ravel()]


def adagrad(theta, gradients, lr, eps):
    total = np.zeros_like(theta)
    for g in gradients:
        total = total + g**2
        theta = theta - lr / (np.sqrt(total) + eps) * g
        yield theta


def rmsprop(theta, gradients, lr, rho, eps):
    mean_square = np.zeros_like(theta)
    for g in gradients:
        mean_square = mean_square + (1 - rho) * (g**2 - mean_square)
        theta = theta - lr * g / (np.sqrt(mean_square) + eps)
        yield theta


def moments(gradients, beta1, beta2):
    """(t, g, sum-form running means freed of their bias) after each gradient."""
    seen = []
    for t, g in enumerate(gradients, 1):
        seen.append(g)
        w1 = (1 - beta1) * beta1 ** np.arange(t - 1, -1, -1.0)
        w2 = (1 - beta2) * beta2 ** np.arange(t - 1, -1, -1.0)
        m = np.tensordot(w1, np.array(seen), 1)
        v = np.tensordot(w2, np.array(seen) ** 2, 1)
        yield t, g, m, v


def adam(theta, gradients, lr, beta1, beta2, eps, decay=0.0):
    for t, _, m, v in moments(gradients, beta1, beta2):
        corrected = eps / np.sqrt(1 - beta2**t)  # eps stands outside the correction
        theta = theta * (1 - lr * decay)
        theta = theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + corrected)
        yield theta


def nadam(theta, gradients, lr, beta1, beta2, eps):
    for t, g, m, v in moments(gradients, beta1, beta2):
        ahead = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
        theta = theta - lr * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)
        yield theta


def rprop(theta, gradients, lr, up, down, smallest, largest):
    step = np.full_like(theta, lr)
    last = np.zeros_like(theta)
    for g in gradients:
        product = g * last
        step = np.where(product > 0, np.minimum(step * up, largest), step)
        step = np.where(product < 0, np.maximum(step * down, smallest), step)
        last = np.where(product < 0, 0, g)
        theta = theta - np.sign(last) * step
        yield theta


def lion(theta, gradients, lr, beta1, beta2):
    for t, g in enumerate(gradients):
        before = np.array(gradients[:t]).reshape(t, *theta.shape)
        m = np.tensordot((1 - beta2) * beta2 ** np.arange(t - 1, -1, -1.0), before, 1)
        theta = theta - lr * np.sign(beta1 * m + (1 - beta1) * g)
        yield theta


METHODS = {
    "adagrad": (adagrad, {"lr": (1e-3, 1), "eps": (1e-10, 1e-2)}),
    "rmsprop": (rmsprop, {"lr": (1e-3, 1), "rho": (0.1, 0.99), "eps": (1e-10, 1e-2)}),
    "adam": (adam, {"lr": (1e-3, 1), "beta1": (0.1, 0.95), "beta2": (0.5, 0.999), "eps": (1e-10, 1e-2)}),
    "adamw": (
        adam,
        {"lr": (1e-3, 1), "beta1": (0.1, 0.95), "beta2": (0.5, 0.999), "eps": (1e-10, 1e-2), "decay": (1e-3, 0.5)},
    ),
    "nadam": (nadam, {"lr": (1e-3, 1), "beta1": (0.1, 0.95), "beta2": (0.5, 0.999), "eps": (1e-10, 1e-2)}),
    "lion": (lion, {"lr": (1e-4, 1e-1), "beta1": (0.1, 0.95), "beta2": (0.5, 0.999)}),
    "rprop": (rprop, {"lr": (1e-3, 1), "up": (1.05, 2), "down": (0.2, 0.9), "min": (1e-6, 1e-4), "max": (0.5, 50)}),
}


def settings():
    for name, (method, ranges) in METHODS.items():
        for _ in range(12):
            n = int(rng.choice([1, 2, 7]))
            options = {key: float(np.exp(rng.uniform(*np.log(bounds)))) for key, bounds in ranges.items()}
            theta = rng.standard_normal(n)
            gradients = rng.standard_normal((STEPS, n)) * np.exp(rng.uniform(-5, 5, n))
            iterates = list(method(theta, gradients, *options.values()))
            text = ",".join(f"{key}={value!r}" for key, value in options.items())
            yield {
                "method": f"{name}:{text}",
                "theta": exact(theta),
                "gradients": exact(gradients),
                "iterates": exact(iterates),
            }


if __name__ == "__main__":
    sections = {"iterates": lambda: list(settings())}
    json.dump(sections[sys.argv[1]](), sys.stdout)
