# SPDX-License-Identifier: MIT
"""Weights that other frameworks trained, and weights for them."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from . import _core, _keras
from ._core import weights as _weights
from ._errors import file_error, one_line

_TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_ACTIVATIONS = {
    "identity": "",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
    "exp": "exponential",
}


def import_weights(
    weights: str | os.PathLike[str] | Mapping[str, npt.ArrayLike] | Any,
    network: _core.Network | str | None = None,
    *,
    source: str = "torch",
    external_data: bool = False,
) -> tuple[_core.Model, list[str]]:
    """A model of weights that another framework trained, and what was decided on the way.

    Arrays of a module (``fc1.weight``, ``fc1.bias``) go to the layer that has arrays of these names and shapes; modules of
    one name but for its numbers in the order of the numbers. Linear weights are turned to (inputs, outputs), the two
    biases of a recurrent layer added up, running statistics of batch norm taken along.

    Parameters
    ----------
    weights : path, mapping or estimator
        For ``source='torch'`` a safetensors file, or a ``state_dict()`` on the CPU, whose values NumPy can take. For
        ``source='sklearn'`` a fitted ``MLPClassifier`` or ``MLPRegressor``; for ``source='fann'`` a file that FANN
        saved, for ``source='rtneural'`` RTNeural's JSON; for ``source='keras'`` a NAME.keras of Keras 3 (h5py is needed); for
        ``source='npz'`` a file of NumPy or its arrays by name; for ``source='onnx'`` a NAME.onnx.
    network : Network or str, optional
        Of the same layers: for PyTorch and NumPy needed, since arrays know no activations; the others know it.
    source : {'torch', 'onnx', 'keras', 'npz', 'sklearn', 'fann', 'rtneural'}
    external_data : bool
        Whether numbers may be read from plain files beside an ONNX model, as PyTorch's exporter writes them.

    Returns
    -------
    model : Model
        Float64 if one of the arrays is, else float32; its loss the usual one after its last layer.
    remarks : list of str
        What was decided, added up and left, a sentence each.

    Raises
    ------
    ValueError
        If a layer finds no arrays, or two modules could be the same layer's; for a number that is NaN or infinite.
    TypeError
        If weights is no path where one is expected.
    OSError
        If the file cannot be read, or is not of its format.

    Examples
    --------
    >>> import gradus as gd, numpy as np
    >>> state = {"0.weight": np.array([[1.0, -1.0]], np.float32), "0.bias": np.array([0.5], np.float32)}
    >>> model, remarks = gd.import_weights(state, "2-1sigmoid")
    >>> model.theta
    array([ 1. , -1. ,  0.5], dtype=float32)
    >>> remarks
    []
    """
    if source not in ("torch", "onnx", "keras", "npz", "sklearn", "fann", "rtneural"):
        raise ValueError(
            "[import_weights] expected source 'torch', 'onnx', 'keras', 'npz', 'sklearn', 'fann' or 'rtneural', got "
            f"{source!r}"
        )
    if external_data and source != "onnx":
        raise ValueError("[import_weights] expected external_data with source 'onnx' only")
    if source not in ("torch", "npz") and network is not None:
        raise ValueError(f"[import_weights] expected no network: that of source {source!r} is known")
    if source == "sklearn":
        return _from_sklearn(weights), []
    if source == "onnx":
        return _weights.from_onnx(_path(weights), external_data)
    if source == "fann":
        return _weights.from_fann(_path(weights))
    if source == "rtneural":
        return _weights.from_rtneural(_path(weights))
    if source == "keras":
        return _keras.read(_path(weights))
    if network is None:
        what = "a state_dict knows" if source == "torch" else "arrays know"
        raise ValueError(f"[import_weights] expected a network: {what} no activations")
    if isinstance(network, str):
        network = _core.Network(network)
    if source == "npz":
        return _from_numpy(weights, network)
    if isinstance(weights, Mapping):
        return _weights.from_arrays([_named(name, array) for name, array in weights.items()], network)
    return _weights.from_file(_path(weights), network)


def export_weights(
    model: _core.Model,
    path: str | os.PathLike[str] | None = None,
    *,
    target: str = "torch",
    precision: str = "float32",
) -> dict[str, npt.NDArray[Any]]:
    """A model's weights as another framework has them, and as a file, if a path is given.

    For PyTorch they are a state_dict of an ``nn.Sequential`` of the same layers: names begin with the layer's place in the chain,
    activations and dropout counted: ``0.weight``, ``0.bias``, ``2.weight``. For NumPy they are as here, (inputs, outputs), by the names
    of a model file: ``layer1.weights``. The scaling of inputs and targets is not in the weights; a file for PyTorch says it in its
    metadata.

    Parameters
    ----------
    model : Model
    path : str or os.PathLike, optional
        Of a file to write: of safetensors, or of ``numpy.savez``.
    target : {'torch', 'numpy'}
    precision : {'float32', 'float64'}

    Returns
    -------
    dict of str to array
        ``{name: torch.from_numpy(array)}`` is what ``load_state_dict`` takes.

    Raises
    ------
    ValueError
        If float32 does not hold a parameter.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import gradus as gd
    >>> model = gd.Model(gd.Network("2-1sigmoid"), [1.0, -1.0, 0.5])
    >>> {name: array.tolist() for name, array in gd.export_weights(model).items()}
    {'0.weight': [[1.0, -1.0]], '0.bias': [0.5]}
    """
    if target == "numpy":
        return _to_numpy(model, path, precision)
    if target != "torch":
        raise ValueError(f"[export_weights] expected target 'torch' or 'numpy', got {target!r}")
    if path is not None:
        _weights.to_file(model, os.fspath(path), precision)
    arrays = _weights.to_arrays(model, precision)
    return {
        name: np.frombuffer(data, _TYPES[kind]).reshape(shape).astype(np.dtype(_TYPES[kind]).newbyteorder("="))
        for name, kind, shape, data in arrays
    }


def _to_numpy(model: _core.Model, path: str | os.PathLike[str] | None, precision: str) -> dict[str, npt.NDArray[Any]]:
    if precision not in ("float32", "float64"):
        raise ValueError(f"[export_weights] expected precision 'float32' or 'float64', got {precision!r}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    for numbers, blocks in ((model.theta, model.network.blocks), (model.state, model.network.state_blocks)):
        for block in blocks:
            part = np.asarray(numbers[block.offset : block.offset + block.size], np.float64)
            with np.errstate(over="ignore"):
                arrays[block.name] = part.astype(precision).reshape(block.shape)
            if np.isinf(arrays[block.name]).any() and np.isfinite(part).all():
                raise ValueError(
                    f"[export_weights] expected parameters that float32 holds, got larger ones in {block.label}"
                )
    if path is not None:
        with open(path, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    return arrays


def _from_numpy(weights: Any, network: _core.Network) -> tuple[_core.Model, list[str]]:
    """By the names of a model file; else in their order, if each has the shape of the block whose turn it is."""
    where = "[import_weights] "

    def refuse(message: str) -> NoReturn:
        raise ValueError(one_line(where + message))

    if isinstance(weights, Mapping):
        arrays = {str(name): np.asarray(array) for name, array in weights.items()}
    else:
        where = f"{_path(weights)}: "
        try:
            file = np.load(_path(weights), allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array")
            with file:
                arrays = {name: file[name] for name in file.files}
        except (ValueError, EOFError, zipfile.BadZipFile) as error:
            raise file_error(_path(weights), f"expected a file of numpy.savez: {error}") from None
    blocks = [*network.blocks, *network.state_blocks]
    remarks = []
    missing = [block.name for block in blocks if block.name not in arrays]
    if missing and len(missing) < len(blocks):
        refuse(f"expected {missing[0]} of shape {next(b for b in blocks if b.name == missing[0]).shape}, got none")
    names = [block.name for block in blocks]
    if missing:
        names = list(arrays)[: len(blocks)]
        if len(names) < len(blocks):
            refuse(f"expected {len(blocks)} arrays ({', '.join(b.name for b in blocks)}), got {len(names)}")
        remarks = [f"{name} is taken as {block.name}, by its place" for name, block in zip(names, blocks, strict=True)]
    taken = []
    for name, block in zip(names, blocks, strict=True):
        array = arrays[name]
        if array.shape != block.shape or array.dtype.kind != "f":
            refuse(
                f"expected {name} to hold floating-point numbers of shape {block.shape}, for {block.label}, got "
                f"{array.dtype} of shape {array.shape}"
            )
        if not np.isfinite(array).all():
            refuse(f"expected finite numbers in {name}, got NaN or infinity: its training has diverged")
        taken.append(array)
    left = [name for name in arrays if name not in names]
    if left:
        remarks.append(f"no layer takes {', '.join(left)}: left")
    precision = np.float64 if any(array.dtype.itemsize > 4 for array in taken) else np.float32
    numbers = np.concatenate([array.ravel().astype(precision) for array in taken])
    count = network.parameter_count
    state = numbers[count:] if len(numbers) > count else None
    return _core.Model(network, numbers[:count], state=state), remarks


def _path(weights: Any) -> str:
    if not isinstance(weights, (str, os.PathLike)):
        raise TypeError(f"[import_weights] expected the path of a file, got {type(weights).__name__}")
    return str(os.fspath(weights))


def _named(name: str, array: npt.ArrayLike) -> tuple[str, str, list[int], bytes]:
    """An array with its name as the compiled part takes it; NumPy has no bfloat16, and torch none for it."""
    numbers = np.asarray(array)
    kind = _NAMES.get(numbers.dtype.newbyteorder("<"))
    if kind is None:
        return name, str(numbers.dtype), list(numbers.shape), b""
    return name, kind, list(numbers.shape), np.ascontiguousarray(numbers, _TYPES[kind]).tobytes()


def _from_sklearn(mlp: Any) -> _core.Model:
    """Coefficients are (inputs, outputs) there as here."""
    missing = [name for name in ("coefs_", "intercepts_", "out_activation_") if not hasattr(mlp, name)]
    if missing:
        raise ValueError(f"[import_weights] expected a fitted MLPClassifier or MLPRegressor, got {type(mlp).__name__}")
    activations = [mlp.activation] * (len(mlp.coefs_) - 1) + [mlp.out_activation_]
    unknown = [name for name in activations if str(name) not in _ACTIVATIONS]
    if unknown:
        raise ValueError(f"[import_weights] expected the activations of scikit-learn, got {unknown[0]!r}")
    text = str(mlp.coefs_[0].shape[0])
    for coefs, name in zip(mlp.coefs_, activations, strict=True):
        text += f"-{coefs.shape[1]}{_ACTIVATIONS[name]}"
    theta = np.concatenate([part.ravel() for pair in zip(mlp.coefs_, mlp.intercepts_, strict=True) for part in pair])
    if not np.isfinite(theta).all():
        raise ValueError(
            "[import_weights] expected finite coefficients, got NaN or infinity: its training has diverged"
        )
    features = [str(one) for one in getattr(mlp, "feature_names_in_", [])]
    classes = [str(one) for one in getattr(mlp, "classes_", [])]
    if classes:
        several = "multi-label-cross-entropy" if mlp.coefs_[-1].shape[1] > 1 else "binary-cross-entropy"
        loss = "cross-entropy" if mlp.out_activation_ == "softmax" else several
    else:
        loss = "poisson" if getattr(mlp, "loss", "") == "poisson" else "mse"
    return _core.Model(_core.Network(text), theta, loss=loss, feature_names=features, class_names=classes)
