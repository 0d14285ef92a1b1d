#!/bin/sh
# SPDX-License-Identifier: MIT
# skl2onnx 1.20.0 loses the shape of two kinds of multilayer perceptrons. A classifier of two labels (multi-label) gives
# probabilities of four columns, p and 1 - p of each, where scikit-learn gives two; with three labels it gives three. A
# regressor of two targets gives one column of twice the rows.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0 \
  scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import onnxruntime
import skl2onnx
from sklearn.neural_network import MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
x = rng.normal(size=(60, 4)).astype(np.float32)
print("skl2onnx", skl2onnx.__version__)


def answers(network, **options):
    model = skl2onnx.to_onnx(network, x[:1], **options)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return session.run(None, {"X": x})


for labels, columns in ((2, 4), (3, 3)):
    y = (x[:, :labels] > 0).astype(int)
    network = MLPClassifier((5,), max_iter=200, random_state=0).fit(x, y)
    probabilities = answers(network, options={"zipmap": False})[1]
    print(f"{labels} labels: probabilities of shape {probabilities.shape}, scikit-learn's {network.predict_proba(x).shape}")
    assert probabilities.shape == (60, columns)
network = MLPRegressor(hidden_layer_sizes=(5,), max_iter=200, random_state=0).fit(x, x[:, :2] * 2)
values = answers(network)[0]
print(f"2 targets: values of shape {values.shape}, scikit-learn's {network.predict(x).shape}")
assert values.shape == (120, 1) and np.abs(values.reshape(60, 2) - network.predict(x)).max() < 1e-5
PYTHON
