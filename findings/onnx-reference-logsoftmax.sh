#!/bin/sh
# SPDX-License-Identifier: MIT
# onnx 1.23.2's ReferenceEvaluator takes LogSoftmax as the logarithm of the rounded softmax: -inf (float32, from about
# 104 below the maximum) where the answer is that difference. ONNX Runtime 1.32.0 gives the difference.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.array([[0, -50, -200]], np.float32)
info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "XY"]
graph = helper.make_graph([helper.make_node("LogSoftmax", ["X"], ["Y"])], "logits", info[:1], info[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
onnx.checker.check_model(model)
reference = ReferenceEvaluator(model).run(None, {"X": x})[0]
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"X": x})[0]
print("onnx", onnx.__version__, "of", x[0], "gives", reference[0])
print("onnxruntime", onnxruntime.__version__, "gives", runtime[0])
assert np.isneginf(reference[0, 2]) and runtime[0, 2] == -200
PYTHON
