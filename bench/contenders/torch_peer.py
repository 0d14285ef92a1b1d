# SPDX-License-Identifier: MIT
"""PyTorch, from Debian's package: modules, autograd and its optimizers."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from contender import Run, load, serve

ACT = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def mlp(widths, act):
    layers = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), ACT[act]()]
    return nn.Sequential(*layers[:-1])


class Last(nn.Module):
    """The classes from the last step of a recurrent layer."""

    def __init__(self, kind, inputs, hidden, classes):
        super().__init__()
        self.memory = kind(inputs, hidden, batch_first=True)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.out(self.memory(x.reshape(len(x), -1, self.memory.input_size))[0][:, -1])


def start(workload, single, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    dtype = np.float32 if single else np.float64
    torch.set_default_dtype(torch.float32 if single else torch.float64)

    def training(data, net, batch, optimizer, learn, units=None):
        x, labels, _ = load(data, dtype)
        x, labels = torch.from_numpy(x), torch.from_numpy(labels)
        optimizer = optimizer(net.parameters())
        loss = nn.CrossEntropyLoss()
        pieces = [(x[k : k + batch], labels[k : k + batch]) for k in range(0, len(x), batch)]

        def work(epochs):
            torch.set_num_threads(threads)
            for _ in range(epochs):
                for a, b in pieces:
                    optimizer.zero_grad()
                    loss(net(a), b).backward()
                    optimizer.step()

        def score():
            with torch.no_grad():
                return float(loss(net(x), labels))

        return Run(work, units or len(pieces), learn, score)

    sgd = lambda rate: lambda p: torch.optim.SGD(p, lr=rate)  # noqa: E731
    adam = lambda p: torch.optim.Adam(p, lr=1e-3)  # noqa: E731
    if workload == "E":
        return training("wide", mlp([784, 512, 512, 10], "relu"), 128, adam, 5, 1024)
    if workload == "G-conv":
        net = nn.Sequential(
            nn.Unflatten(1, (1, 8, 8)),
            nn.Conv2d(1, 8, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(72, 32),
            nn.ReLU(),
            nn.Linear(32, 10),
        )
        return training("digits", net, 64, adam, 5, 1797)
    if workload in ("R-elman", "R-gru", "R-lstm"):
        kind = {"R-elman": nn.RNN, "R-gru": nn.GRU, "R-lstm": nn.LSTM}[workload]
        return training("digits", Last(kind, 8, 32, 10), 64, adam, 5, 1797)
    if threads > 1:
        return None
    if workload in ("A-relu", "A-tanh"):
        return training("circles", mlp([2, 16, 2], workload[2:]), 1, sgd(0.05), 20)
    if workload == "B":
        return training("circles", mlp([2, 16, 2], "tanh"), 32, sgd(0.1), 50)
    if workload == "C":
        return training("iris", mlp([4, 8, 3], "sigmoid"), 150, sgd(0.1), 5000)
    if workload == "D":
        return training("digits", mlp([64, 100, 10], "relu"), 200, adam, 20, units=1)
    if workload in ("F-tanh", "F-relu"):
        x, _, _ = load("circles" if workload == "F-tanh" else "wide32", dtype)
        x = torch.from_numpy(x)
        net = mlp([2, 16, 2] if workload == "F-tanh" else [32, 64, 64, 8], workload[2:])
        if workload == "F-tanh":
            net.append(nn.Softmax(1))

        def work(passes):
            with torch.inference_mode():
                for _ in range(passes):
                    for k in range(len(x)):
                        net(x[k : k + 1])

        return Run(work, len(x), 1, lambda: float(net(x[:1])[0, 0]))
    return None


serve(start)
