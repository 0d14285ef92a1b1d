# SPDX-License-Identifier: MIT
"""Weights that other frameworks trained, and weights for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._core import weights as _weights

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
) -> tuple[_core.Model, list[str]]:
    """A model of weights that PyTorch, scikit-learn or FANN trained, or that RTNeural runs, and what was decided on the way.

    Arrays of a module (``fc1.weight``, ``fc1.bias``) go to the layer that has arrays of these names and shapes; modules of
    one name but for its numbers in the order of the numbers. Linear weights are turned to (inputs, outputs), the two
    biases of a recurrent layer added up, running statistics of batch norm taken along.

    Parameters
    ----------
    weights : path, mapping or estimator
        For ``source='torch'`` a safetensors file, or a ``state_dict()`` on the CPU, whose values NumPy can take. For
        ``source='sklearn'`` a fitted ``MLPClassifier`` or ``MLPRegressor``; for ``source='fann'`` a file that FANN
        saved, for ``source='rtneural'`` RTNeural's JSON.
    network : Network or str, optional
        Of the same layers: for PyTorch needed, since a state_dict knows no activations; the others know it.
    source : {'torch', 'sklearn', 'fann', 'rtneural'}

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
    if source not in ("torch", "sklearn", "fann", "rtneural"):
        raise ValueError(f"[import_weights] expected source 'torch', 'sklearn', 'fann' or 'rtneural', got {source!r}")
    if source != "torch" and network is not None:
        raise ValueError(f"[import_weights] expected no network: that of source {source!r} is known")
    if source == "sklearn":
        return _from_sklearn(weights), []
    if source == "fann":
        return _weights.from_fann(_path(weights))
    if source == "rtneural":
        return _weights.from_rtneural(_path(weights))
    if network is None:
        raise ValueError("[import_weights] expected a network: a state_dict knows no activations")
    if isinstance(network, str):
        network = _core.Network(network)
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
    """A model's weights as a state_dict of an ``nn.Sequential`` of the same layers has them, and as a file, if a path is given.

    Names begin with the layer's place in the chain, activations and dropout counted: ``0.weight``, ``0.bias``, ``2.weight``.
    The scaling of inputs and targets is not in the weights; a file says it in its metadata.

    Parameters
    ----------
    model : Model
    path : str or os.PathLike, optional
        Of a safetensors file to write.
    target : {'torch'}
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
    if target != "torch":
        raise ValueError(f"[export_weights] expected target 'torch', got {target!r}")
    if path is not None:
        _weights.to_file(model, os.fspath(path), precision)
    arrays = _weights.to_arrays(model, precision)
    return {
        name: np.frombuffer(data, _TYPES[kind]).reshape(shape).astype(np.dtype(_TYPES[kind]).newbyteorder("="))
        for name, kind, shape, data in arrays
    }


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
