# SPDX-License-Identifier: MIT
"""What an estimator asks of the engine: networks, losses and optimizers in the engine's words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._core import Network, estimator, lists

Floats = NDArray[np.floating[Any]]
# Scikit-learn's names, where they are not the engine's own.
ENGINE_NAMES = {"logistic": "sigmoid", "exp": "exponential", "absolute_error": "mae", "squared_error": "mse"}
ACTIVATIONS = {"identity", "logistic", "tanh", "relu"}


def engine_name(name: str) -> str:
    """What the engine calls an activation or a loss of scikit-learn's."""
    return ENGINE_NAMES.get(name, name)


MORE_ACTIVATIONS = set(lists.hidden_activations()) - {engine_name(name) for name in ACTIVATIONS}


@lru_cache(maxsize=256)
def network(units, activations, dropout=None):
    """The engine's network of dense layers.

    Parameters
    ----------
    units : tuple of int
        Of every layer, the inputs' first.
    activations : tuple of str
        Of every layer but the first.
    dropout : tuple of float, optional
        The share that is dropped of each hidden layer in training.
    """
    text = [str(units[0])]
    for i, (width, activation) in enumerate(zip(units[1:], activations, strict=True)):
        text.append(f"{width}{engine_name(activation)}")
        if dropout and i < len(dropout) and dropout[i] > 0:
            text.append(f"dropout{dropout[i]!r}")
    return Network("-".join(text))


@dataclass(frozen=True)
class Loss:
    """A loss of the engine, and how scikit-learn counts it.

    Attributes
    ----------
    text : str
        The engine's name of it.
    factor : float
        The engine's loss times this has the gradient that is descended.
    unit : float
        The loss times `factor` times this is what is reported.
    constant : callable or None
        Of targets (n, outputs): what is added to each sample's loss, for it depends on the targets alone.
    """

    text: str
    factor: float = 1.0
    unit: float = 1.0
    constant: Callable[[Floats], Floats] | None = None


def option(value):
    """A number as the engine reads it."""
    return repr(float(value))


@dataclass(frozen=True)
class Schedule:
    """Of the learning rate, as the estimator said when its optimizer was made: as in scikit-learn, what set_params says
    between two calls of partial_fit comes too late."""

    name: str = "constant"
    first: float = 0.0
    power: float = 0.5

    def rate(self, samples: int) -> float:
        """Inverse scaling after so many samples."""
        return self.first / (samples + 1) ** self.power


class Optimizer:
    """An optimizer with what it remembers from step to step; it can be pickled.

    Parameters
    ----------
    text : str
        The engine's description of it.
    learning_rate : float
        May be set at any time; holds from the next `trainer` on.
    memory : tuple, optional
        What `memory` gave of another one, to go on from.
    schedule : Schedule, optional
    """

    def __init__(self, text, learning_rate, memory=None, schedule=Schedule()):  # it never changes
        self.text = text
        self.schedule = schedule
        self.learning_rate = learning_rate
        self._memory = memory
        self._setting = None
        self._trainer = None

    def trainer(self, theta, network, loss, alpha, batch, mask_seed):
        """The engine's trainer in this setting, which goes on from what is remembered."""
        setting = (theta.dtype, network, loss.text, loss.factor, alpha, batch, mask_seed)
        if setting != self._setting or self._trainer is None:
            memory = self.memory()
            make = estimator.Trainer32 if theta.dtype == np.float32 else estimator.Trainer64
            self._trainer = make(network, loss.text, loss.factor, self.text, alpha, batch, mask_seed)
            if memory is not None:
                slots, steps = memory
                self._trainer.set_state([slot.astype(theta.dtype, copy=False) for slot in slots], steps)
            self._setting = setting
        self._trainer.learning_rate = self.learning_rate
        return self._trainer

    def memory(self):
        """The optimizer's slots and its number of steps, or None before the first."""
        return self._memory if self._trainer is None else self._trainer.state()

    def __getstate__(self):
        kept = {"text": self.text, "learning_rate": self.learning_rate, "schedule": self.schedule}
        return {**kept, "memory": self.memory()}

    def __setstate__(self, state):
        self.text, self.learning_rate, self._memory = state["text"], state["learning_rate"], state["memory"]
        self.schedule = state["schedule"]
        self._setting = self._trainer = None


def csr_parts(X, dtype):
    """A CSR matrix as the engine takes it."""
    if X.dtype != dtype and not X.has_canonical_format:  # what stands twice is added up in its own type, as in an array
        X = X.tocoo()
        X.sum_duplicates()
        X = X.tocsr()
    arrays = (np.ascontiguousarray(X.data, dtype), np.ascontiguousarray(X.indices), np.ascontiguousarray(X.indptr))
    return (*arrays, X.shape[1])


def objective(dtype, network, loss, X):
    """The engine's loss and gradient of a whole set, and X as it takes it: a sparse one as it is, or written out where the
    first layer is small."""
    single = dtype == np.float32
    if not isinstance(X, np.ndarray):
        make: Any = estimator.SparseObjective32 if single else estimator.SparseObjective64
        if make.exists(network, loss.text, X.shape[0]):
            return make(network, loss.text, loss.factor, X.shape[0]), csr_parts(X.tocsr(), dtype)
        X = X.toarray()
    make = estimator.Objective32 if single else estimator.Objective64
    return make(network, loss.text, loss.factor, X.shape[0]), np.ascontiguousarray(X, dtype)
