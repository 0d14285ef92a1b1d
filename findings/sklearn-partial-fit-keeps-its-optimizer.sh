#!/bin/sh
# SPDX-License-Identifier: MIT
# scikit-learn 1.9.1: between two calls of partial_fit, set_params(solver=..., learning_rate_init=...) of an MLPClassifier is taken
# and reported back, but the next call steps by the optimizer and the rate of the first one: a rate of 0 still moves the weights.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

x = np.random.RandomState(0).randn(60, 3)
y = (x.sum(axis=1) > 0).astype(int)
model = MLPClassifier(solver="adam", random_state=0).partial_fit(x, y, classes=[0, 1])
before = [w.copy() for w in model.coefs_]
model.set_params(solver="sgd", learning_rate_init=0.0).partial_fit(x, y)
moved = max(np.abs(a - b).max() for a, b in zip(before, model.coefs_))
print(f"scikit-learn {sklearn.__version__}: solver={model.solver}, learning_rate_init={model.learning_rate_init},",
      f"steps by {type(model._optimizer).__name__}, the weights move by {moved:.1e}")
assert type(model._optimizer).__name__ == "AdamOptimizer"
assert 0.0005 < moved < 0.0015  # Adam's step at its default rate of 0.001
PYTHON
