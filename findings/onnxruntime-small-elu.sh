#!/bin/sh
# SPDX-License-Identifier: MIT
# ONNX Runtime 1.32.0 computes Elu and Selu of negative numbers as a rounded exponential less 1, not by expm1: of float32
# inputs closer to 0 than about 6e-8 nothing is left, and in float64 half the digits of 1e-8 are wrong. The derivative
# there is 1, so that a network of such units is not what was trained.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def run(kind, x):
    element = TensorProto.FLOAT if x.dtype == np.float32 else TensorProto.DOUBLE
    info = [helper.make_tensor_value_info(name, element, x.shape) for name in "XY"]
    graph = helper.make_graph([helper.make_node(kind, ["X"], ["Y"])], "unit", info[:1], info[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"X": x})[0]


print("onnxruntime", onnxruntime.__version__)
small = np.array([-1e-8], np.float32)
for kind in "Elu", "Selu":
    y = run(kind, small)[0]
    print(f"{kind}(-1e-8) in float32 is {y}, NumPy's expm1(-1e-8) {np.expm1(small)[0]}")
    assert y == 0
x = np.array([-2.5562324942316353e-08])
error = abs(run("Elu", x)[0] - np.expm1(x)[0]) / abs(np.expm1(x)[0])
print(f"Elu({x[0]}) in float64 is off by {error:.1e} of itself, where 1e-16 is to be had")
assert 1e-10 < error < 1e-7
PYTHON
