#!/bin/sh
# SPDX-License-Identifier: MIT
# skl2onnx 1.20.0 writes a classifier's whole-number classes through 32 bits: a class such as 3000000000 (an identifier,
# a time stamp) comes out of the ONNX model as another number, without a word, though the label's type there is int64.
# Probabilities are right. Seen with MLPClassifier of scikit-learn 1.9.1.
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
from sklearn.neural_network import MLPClassifier

rng = np.random.default_rng(0)
x = rng.normal(size=(60, 4)).astype(np.float32)
classes = np.array([1, 2, 3_000_000_000])
y = classes[rng.integers(0, 3, 60)]
network = MLPClassifier((5,), max_iter=200, random_state=0).fit(x, y)
model = skl2onnx.to_onnx(network, x[:1], options={"zipmap": False})
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
labels, probabilities = session.run(None, {"X": x})
expected = network.predict(x)
wrong = labels != expected
print("skl2onnx", skl2onnx.__version__, "label type", labels.dtype, "classes given", sorted(set(labels.tolist())))
print("of scikit-learn", sorted(set(expected.tolist())), "so that", int(wrong.sum()), "of 60 labels are wrong")
assert np.abs(probabilities - network.predict_proba(x)).max() < 1e-6
assert (wrong == (expected == classes[2])).all() and set(labels[wrong].tolist()) == {3_000_000_000 - 2**32}
PYTHON
