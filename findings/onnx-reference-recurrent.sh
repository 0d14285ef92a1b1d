#!/bin/sh
# SPDX-License-Identifier: MIT
# onnx 1.23.2's ReferenceEvaluator computes recurrent nodes as if sequence_lens, clip, activations (GRU, LSTM) and
# input_forget were not there, without a word; ONNX Runtime 1.32.0 heeds them. Whoever tests an exporter against the
# reference alone proves nothing about these.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

rng = np.random.default_rng(0)
steps, batch, inputs, units = 3, 2, 4, 5
x = rng.normal(size=(steps, batch, inputs)).astype(np.float32)
print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)


def difference(kind, gates, lengths=False, **attributes):
    """The largest difference between the reference and the runtime, of plain nodes about 1e-7."""
    tensors = {
        "W": rng.normal(size=(1, gates * units, inputs)),
        "R": rng.normal(size=(1, gates * units, units)),
        "B": rng.normal(size=(1, 2 * gates * units)),
    }
    weights = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in tensors.items()]
    names = ["X", "W", "R", "B"]
    if lengths:
        weights.append(numpy_helper.from_array(np.array([steps, 1], np.int32), "lengths"))
        names.append("lengths")
    node = helper.make_node(kind, names, ["Y"], hidden_size=units, **attributes)
    graph = helper.make_graph(
        [node],
        "recurrent",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [steps, 1, batch, units])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    theirs = ReferenceEvaluator(model).run(None, {"X": x})[0]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return float(np.abs(theirs - session.run(None, {"X": x})[0]).max())


seen = {
    "LSTM": difference("LSTM", 4),
    "LSTM, sequence_lens": difference("LSTM", 4, lengths=True),
    "LSTM, clip": difference("LSTM", 4, clip=0.1),
    "LSTM, activations": difference("LSTM", 4, activations=["Sigmoid", "Relu", "Tanh"]),
    "LSTM, input_forget": difference("LSTM", 4, input_forget=1),
    "GRU": difference("GRU", 3),
    "GRU, sequence_lens": difference("GRU", 3, lengths=True),
    "GRU, clip": difference("GRU", 3, clip=0.1),
    "GRU, activations": difference("GRU", 3, activations=["Sigmoid", "Relu"]),
    "RNN": difference("RNN", 1),
    "RNN, sequence_lens": difference("RNN", 1, lengths=True),
    "RNN, clip": difference("RNN", 1, clip=0.1),
}
for what, error in seen.items():
    print(f"{what:22} differs by {error:.1e}")
for what, error in seen.items():
    assert (error > 0.05) == ("," in what), what
PYTHON
