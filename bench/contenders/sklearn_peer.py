# SPDX-License-Identifier: MIT
"""scikit-learn's MLPClassifier, an epoch a call of partial_fit."""

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from contender import Run, load, serve

warnings.simplefilter("ignore")


def start(workload, single, threads):
    dtype = np.float32 if single else np.float64

    def training(data, learn, units, **options):
        x, labels, classes = load(data, dtype)
        net = MLPClassifier(alpha=0, shuffle=False, random_state=1, **options)

        def work(epochs):
            for _ in range(epochs):
                net.partial_fit(x, labels, classes=np.arange(classes))

        def score():
            p = net.predict_proba(x)
            return float(-np.log(p[np.arange(len(x)), labels]).mean())

        return Run(work, units, learn, score)

    sgd = {"solver": "sgd", "momentum": 0}
    if threads > 1:
        return None
    if workload in ("A-relu", "A-tanh"):
        return training(
            "circles",
            20,
            500,
            hidden_layer_sizes=16,
            activation=workload[2:],
            batch_size=1,
            learning_rate_init=0.05,
            **sgd,
        )
    if workload == "B":
        return training(
            "circles", 50, 16, hidden_layer_sizes=16, activation="tanh", batch_size=32, learning_rate_init=0.1, **sgd
        )
    if workload == "C":
        return training(
            "iris", 5000, 1, hidden_layer_sizes=8, activation="logistic", batch_size=150, learning_rate_init=0.1, **sgd
        )
    if workload == "D":
        return training("digits", 20, 1, hidden_layer_sizes=100, batch_size=200)
    if workload == "E":
        return training("wide", 5, 1024, hidden_layer_sizes=(512, 512), batch_size=128)
    if workload in ("F-tanh", "F-relu"):
        x, labels, _ = load("circles" if workload == "F-tanh" else "wide32", dtype)
        hidden = 16 if workload == "F-tanh" else (64, 64)
        net = MLPClassifier(hidden, activation=workload[2:], max_iter=2, random_state=1).fit(x, labels)

        def work(passes):
            for _ in range(passes):
                for k in range(len(x)):
                    net.predict_proba(x[k : k + 1])

        return Run(work, len(x), 1, lambda: float(net.predict_proba(x[:1])[0, 0]))
    return None


serve(start)
