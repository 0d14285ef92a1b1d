# SPDX-License-Identifier: MIT
"""Models that Keras 3 saved (NAME.keras), read through h5py. Nothing in them is run."""

from __future__ import annotations

import importlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import file_error

_Arrays = list[npt.NDArray[Any]]

_ACTIVATIONS = {
    name: name
    for name in ("sigmoid", "tanh", "relu", "softmax", "elu", "selu", "softplus", "softsign", "gelu", "silu", "mish")
} | {
    "linear": "",
    "swish": "silu",
    "exponential": "exponential",
    "hard_sigmoid": "hardsigmoid",
    "hard_silu": "hardswish",
    "hard_swish": "hardswish",
    "log_softmax": "logsoftmax",
}
_MOST_CONFIG = 1 << 24  # bytes; a chain of layers has some thousand


def _decimal(number: float) -> str:
    return np.format_float_positional(number, trim="-")


class _Reader:
    """Turns one layer after the other into text and numbers."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = ""
        self.width = 0
        self.in_time = False
        self.theta: _Arrays = []
        self.state: _Arrays = []
        self.remarks: list[str] = []
        self.layer = ""

    def refuse(self, message: str) -> NoReturn:
        raise file_error(self.path, f"{self.layer}{message}")

    def expect(self, config: dict[str, Any], **values: Any) -> None:
        """Options that have one meaning here; what is not said is what Keras takes."""
        for name, value in values.items():
            if config.get(name, value) != value:
                self.refuse(f"expected {name}={value!r}, got {config[name]!r}")

    def activation(self, config: dict[str, Any], key: str = "activation") -> str:
        name = config.get(key, "linear")
        if not isinstance(name, str) or name not in _ACTIVATIONS:
            self.refuse(f"expected an activation that there is here, got {name!r}")
        return _ACTIVATIONS[name]

    def take(self, arrays: _Arrays, *shapes: tuple[int, ...]) -> _Arrays:
        got = [array.shape for array in arrays]
        if got != list(shapes):
            self.refuse(f"expected weights of shapes {list(shapes)}, got {got}")
        return arrays

    def end_of_steps(self, config: dict[str, Any]) -> str:
        """Whether a recurrent layer answers at every step."""
        self.expect(config, go_backwards=False, return_state=False, activation="tanh", recurrent_activation="sigmoid")
        if not self.in_time:
            self.refuse("expected a sequence, got what no longer is one")
        self.in_time = bool(config.get("return_sequences", False))
        return ":all" if self.in_time else ""

    # Each takes a layer's options and arrays, and adds to text, theta and state.

    def input_layer(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        shape = config.get("batch_shape") or []
        if self.text or len(shape) not in (2, 3) or not isinstance(shape[-1], int):
            self.refuse(
                f"expected samples of numbers or of steps, (batch, inputs) or (batch, time, inputs), got {shape}"
            )
        self.in_time = len(shape) == 3
        self.width = shape[-1]
        self.text = f"{'seq' if self.in_time else ''}{self.width}"

    def dense(self, config: dict[str, Any], arrays: _Arrays) -> None:
        units, bias = config["units"], config.get("use_bias", True)
        self.theta += self.take(arrays, (self.width, units), *([(units,)] if bias else []))
        self.text += f"-{units}{self.activation(config)}{'' if bias else ':nobias'}"
        self.width = units

    def then(self, word: str) -> None:
        if word:
            self.text += f"-{word}"

    def batch_normalization(self, config: dict[str, Any], arrays: _Arrays) -> None:
        self.expect(config, axis=-1)
        parts = {"scale": np.ones(self.width), "center": np.zeros(self.width)}
        given = [name for name in parts if config.get(name, True)]
        self.take(arrays, *[(self.width,)] * (len(given) + 2))
        parts.update(zip(given, arrays, strict=False))
        self.theta += parts.values()
        self.state += arrays[-2:]
        self.then(
            f"batchnorm:epsilon{_decimal(config['epsilon'])}:momentum{_decimal(round(1 - config['momentum'], 12))}"
        )

    def layer_normalization(self, config: dict[str, Any], arrays: _Arrays) -> None:
        if config.get("axis", -1) not in (-1, [-1], [2 if self.in_time else 1]):
            self.refuse(f"expected the last axis, got {config['axis']!r}")
        self.expect(config, rms_scaling=False)
        parts = {"scale": np.ones(self.width), "center": np.zeros(self.width)}
        given = [name for name in parts if config.get(name, True)]
        self.take(arrays, *[(self.width,)] * len(given))
        parts.update(zip(given, arrays, strict=True))
        self.theta += parts.values()
        self.then(f"layernorm:epsilon{_decimal(config['epsilon'])}")

    def prelu(self, config: dict[str, Any], arrays: _Arrays) -> None:
        if self.in_time or config.get("shared_axes"):
            self.refuse("expected a slope a unit of plain samples")
        self.theta += self.take(arrays, (self.width,))
        self.then("prelu")

    def dropout(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        self.then(f"dropout{_decimal(config['rate'])}")

    def function(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        self.then(self.activation(config))

    def relu(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        self.expect(config, max_value=None, negative_slope=0.0, threshold=0.0)
        self.then("relu")

    def leaky_relu(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        if abs(config.get("negative_slope", 0.3) - 0.01) > 1e-9:
            self.refuse(f"expected negative_slope=0.01, got {config.get('negative_slope')!r}")
        self.then("leakyrelu")

    def elu(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        self.expect(config, alpha=1.0)
        self.then("elu")

    def softmax(self, config: dict[str, Any], _arrays: _Arrays) -> None:
        self.expect(config, axis=-1)
        self.then("softmax")

    def flatten(self, _config: dict[str, Any], _arrays: _Arrays) -> None:
        if self.in_time:
            self.refuse("expected plain samples, got a sequence")

    def simple_rnn(self, config: dict[str, Any], arrays: _Arrays) -> None:
        self.recurrent(config, arrays, "elman", 1, lambda gates: gates)

    def lstm(self, config: dict[str, Any], arrays: _Arrays) -> None:
        self.recurrent(config, arrays, "lstm", 4, lambda gates: gates)

    def gru(self, config: dict[str, Any], arrays: _Arrays) -> None:
        """Gates z, r, n become r, z, n; of two biases that are added up the sum, but for the one inside the reset gate."""
        self.expect(config, reset_after=True)
        units = config["units"]
        if config.get("use_bias", True):
            outer, inner = self.take(arrays, (self.width, 3 * units), (units, 3 * units), (2, 3 * units))[2]
            bias = np.concatenate([outer[: 2 * units] + inner[: 2 * units], outer[2 * units :]])
            arrays = [*arrays[:2], bias]
            last = inner[2 * units :]
            self.remarks.append(f"the two biases of {config['name']!r} are added up")
        else:
            last = np.zeros(units)

        def turned(gates: npt.NDArray[Any]) -> npt.NDArray[Any]:
            z, r, n = np.split(gates, 3, axis=-1)
            return np.concatenate([r, z, n], axis=-1)

        self.recurrent(config, arrays, "gru", 3, turned)
        self.theta.append(last)

    def recurrent(
        self,
        config: dict[str, Any],
        arrays: _Arrays,
        word: str,
        gates: int,
        turned: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
    ) -> None:
        units = config["units"]
        columns = gates * units
        if not config.get("use_bias", True):
            arrays = [*arrays, np.zeros(columns)]
        self.take(arrays, (self.width, columns), (units, columns), (columns,))
        self.theta += [turned(array) for array in arrays]
        self.text += f"-{units}{word}{self.end_of_steps(config)}"
        self.width = units


_LAYERS: dict[str, Callable[[_Reader, dict[str, Any], _Arrays], None]] = {
    "InputLayer": _Reader.input_layer,
    "Dense": _Reader.dense,
    "BatchNormalization": _Reader.batch_normalization,
    "LayerNormalization": _Reader.layer_normalization,
    "PReLU": _Reader.prelu,
    "Dropout": _Reader.dropout,
    "Activation": _Reader.function,
    "ReLU": _Reader.relu,
    "LeakyReLU": _Reader.leaky_relu,
    "ELU": _Reader.elu,
    "Softmax": _Reader.softmax,
    "Flatten": _Reader.flatten,
    "SimpleRNN": _Reader.simple_rnn,
    "GRU": _Reader.gru,
    "LSTM": _Reader.lstm,
}


def _member(archive: zipfile.ZipFile, path: str, name: str, most: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise file_error(path, f"expected {name} in it, as Keras 3 saves") from None
    if info.file_size > most:
        raise file_error(path, f"expected {name} of at most {most} bytes, got {info.file_size}")
    return archive.read(info)


def _chain(config: Any, path: str) -> list[dict[str, Any]]:
    """The layers of a Sequential model, or of a Functional one that is a chain."""
    kind = config.get("class_name") if isinstance(config, dict) else None
    if kind not in ("Sequential", "Functional"):
        raise file_error(path, f"expected a Sequential or Functional model, got {kind!r}")
    layers: list[dict[str, Any]] = config["config"]["layers"]
    before = None
    for layer in layers if kind == "Functional" else []:
        nodes = layer.get("inbound_nodes", [])
        sources = [] if not nodes else json.dumps(nodes).split('"keras_history": ["')[1:]
        names = [source.split('"')[0] for source in sources]
        if len(nodes) > 1 or (names and names != [before]):
            raise file_error(path, f"expected a chain of layers, got layer {layer['config']['name']!r} after {names}")
        before = layer["config"]["name"]
    return layers


def _weights(data: bytes, path: str) -> dict[str, dict[int, npt.NDArray[Any]]]:
    """Of each layer, by its name, its arrays by their numbers; a recurrent layer's are its cell's."""
    try:
        h5py = importlib.import_module("h5py")  # it brings no types
    except ImportError:
        raise ImportError("gradus needs h5py to read what Keras saved: pip install h5py") from None
    found: dict[str, dict[int, npt.NDArray[Any]]] = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for group in file.get("layers", {}).values():
            holders = [group[name] for name in ("vars",) if name in group]
            name = str(holders[0].attrs.get("name", "")) if holders else ""
            if "cell" in group and "vars" in group["cell"]:
                holders.append(group["cell"]["vars"])
            arrays = found.setdefault(name, {})
            for holder in holders:
                for number, dataset in holder.items():
                    if dataset.dtype.kind != "f":
                        raise file_error(
                            path, f"expected {dataset.name} of floating-point numbers, got {dataset.dtype}"
                        )
                    arrays[int(number)] = np.asarray(dataset)
    return found


def read(path: str | os.PathLike[str]) -> tuple[_core.Model, list[str]]:
    """A model of a NAME.keras file, and what was decided on the way."""
    name = os.fspath(path)
    try:
        with zipfile.ZipFile(name) as archive:
            most = 4 * os.path.getsize(name) + (1 << 24)
            config = json.loads(_member(archive, name, "config.json", _MOST_CONFIG))
            weights = _weights(_member(archive, name, "model.weights.h5", most), name)
    except (zipfile.BadZipFile, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise file_error(name, f"expected a model that Keras 3 saved, NAME.keras: {error}") from None
    reader = _Reader(name)
    double = any(array.dtype.itemsize > 4 for numbered in weights.values() for array in numbered.values())
    for layer in _chain(config, name):
        kind, options = layer.get("class_name"), layer.get("config", {})
        own = str(options.get("name", ""))
        reader.layer = f"layer {own!r} ({kind}): "
        if kind not in _LAYERS:
            reader.refuse(f"expected one of {', '.join(sorted(_LAYERS))}")
        if not reader.text and kind != "InputLayer":
            reader.refuse("expected an InputLayer first: build the model before it is saved")
        numbered = weights.pop(own, {})
        arrays = [np.asarray(numbered[k], np.float64) for k in sorted(numbered)]
        if not all(np.isfinite(array).all() for array in arrays):
            reader.refuse("expected finite weights, got NaN or infinity: its training has diverged")
        before = len(reader.theta) + len(reader.state)
        _LAYERS[kind](reader, options, arrays)
        if arrays and len(reader.theta) + len(reader.state) == before:
            reader.refuse(f"expected no weights, got {len(arrays)}")
    left = [f"{layer}/{k}" for layer, numbered in weights.items() for k in numbered]
    if left:
        reader.remarks.append(f"no layer takes {', '.join(left)}: left")
    theta = np.concatenate([np.empty(0), *[array.ravel() for array in reader.theta]])
    state = np.concatenate([array.ravel() for array in reader.state]) if reader.state else None
    numbers = theta if double else theta.astype(np.float32)
    return _core.Model(_core.Network(reader.text), numbers, state=state), reader.remarks
