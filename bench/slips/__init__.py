# SPDX-License-Identifier: MIT
"""Gradients with one slip each, as people write them: networks by hand in NumPy, and lists of slips as data.

A `Fault` is a network (a forward), a slip and a place; `faults()` lists them all. Every backward pass is the textbook's,
with the slips that it may be asked to make in its formulas; `Net.gradient(slip, place)` makes one of them. `training`
holds those that lie outside the layers. Parameters lie as in Gradus: layer by layer, W row by row, then b.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from .convolution import Conv, MaxPool
from .dense import Activation, Dense, Prelu
from .losses import SoftmaxCrossEntropy, SquaredError
from .normalisation import BatchNorm, LayerNorm
from .recurrent import Elman, Gru, Lstm


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
