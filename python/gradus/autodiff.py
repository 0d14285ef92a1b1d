# SPDX-License-Identifier: MIT
"""Derivatives of functions of your own, written with NumPy.

`grad` and `value_and_grad` call the function with tape-backed arrays in place of the arguments it is differentiated by.
They understand operators, indexing (also to write to) and these of NumPy's functions: abs, argmax, argmin, clip,
concatenate, cos, dot, exp, expand_dims, expm1, hstack, log, log1p, matmul, max, maximum, mean, min, minimum, ones_like,
power, prod, ravel, reshape, sin, sqrt, square, squeeze, stack, std, sum, tanh, transpose, var, vstack, where and zeros_like.

Where several numbers are the largest (or smallest), the derivative of max, min, maximum and minimum is shared evenly
among them, whatever their order; but a constant among them takes it all, so that relu'(0) = 0 in either order.

Where the function's value is infinite or no number it has no derivative: all are NaN, and a RuntimeWarning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from ._core import Tape, Vars

__all__ = ["Array", "grad", "value_and_grad"]

_UNARY = {
    np.negative: "negative",
    np.exp: "exp",
    np.expm1: "expm1",
    np.log: "log",
    np.log1p: "log1p",
    np.tanh: "tanh",
    np.sqrt: "sqrt",
    np.sin: "sin",
    np.cos: "cos",
    np.absolute: "absolute",
    np.square: "square",
}
_BINARY = {
    np.add: "add",
    np.subtract: "subtract",
    np.multiply: "multiply",
    np.divide: "divide",
    np.power: "power",
    np.maximum: "maximum",
    np.minimum: "minimum",
}
_COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)


class Array(NDArrayOperatorsMixin):
    """An array whose numbers remember how they were made. `grad` makes them; NumPy's functions and operators take them.

    Comparisons look at values, so that a branch is taken as the plain numbers would take it.

    Examples
    --------
    >>> import gradus as gd, numpy as np
    >>> seen = []
    >>> def f(x):
    ...     seen.append(type(x).__name__)
    ...     return np.sum(x[1:] * x[:-1])
    >>> gd.grad(f)(np.array([1.0, 2.0, 3.0])), seen
    (array([2., 4., 2.]), ['Array'])
    """

    def __init__(self, numbers: Vars, shape: tuple[int, ...]) -> None:
        self._numbers = numbers
        self.shape = shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self._numbers)

    @property
    def value(self) -> NDArray[np.float64]:
        """The plain numbers, which no longer remember."""
        return self._numbers.values.reshape(self.shape)

    @property
    def T(self) -> Array:
        """Its axes reversed."""
        return self._rearranged(self._places().T)

    def __repr__(self) -> str:
        return f"Array({self.value})"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("[grad] a single number has no length")
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        raise TypeError("[grad] expected NumPy's functions (np.exp, not math.exp): float() would lose the derivative")

    def __getitem__(self, key: Any) -> Array:
        return self._rearranged(self._places()[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        value = _as_array(value)
        places = self._places()
        places[key] = value._places() + self.size
        both = Array(Vars.concatenated([self._numbers, value._numbers]), (self.size + value.size,))
        self._numbers = both._rearranged(places)._numbers

    def reshape(self, *shape: Any) -> Array:
        """The same numbers in another shape."""
        return self._rearranged(self._places().reshape(*shape))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """Over all numbers, or along axes."""
        ordered, shape = self._in_runs(axis, keepdims)
        return Array(ordered._numbers.sum_runs(_count(shape)), shape)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The largest number, or the largest ones along axes."""
        ordered, shape = self._in_runs(axis, keepdims)
        return Array(ordered._numbers.extreme_of_runs(_count(shape), True), shape)

    def min(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The smallest number, or the smallest ones along axes."""
        ordered, shape = self._in_runs(axis, keepdims)
        return Array(ordered._numbers.extreme_of_runs(_count(shape), False), shape)

    def prod(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The product of all numbers, or along axes."""
        ordered, shape = self._in_runs(axis, keepdims)
        runs = ordered.reshape(_count(shape), -1) if self.size else ordered.reshape(_count(shape), 0)
        product = _as_array(np.ones(_count(shape)))
        for k in range(runs.shape[1]):
            product = _binary("multiply", product, runs[:, k])
        return product.reshape(shape)

    def var(
        self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, ddof: float = 0, **_: Any
    ) -> Array:
        """The mean squared distance from the mean, over all numbers or along axes."""
        off = self - self.mean(axis, keepdims=True)
        total = (off * off).sum(axis, keepdims)
        variance: Array = total / (self.size / max(total.size, 1) - ddof)
        return variance

    def std(
        self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, ddof: float = 0, **_: Any
    ) -> Array:
        """The square root of the variance, whose derivative is NaN where all numbers are equal."""
        deviation: Array = np.sqrt(self.var(axis, keepdims, ddof))
        return deviation

    def ravel(self) -> Array:
        """The same numbers in one row."""
        return self.reshape(-1)

    def _in_runs(self, axis: int | tuple[int, ...] | None, keepdims: bool) -> tuple[Array, tuple[int, ...]]:
        """The numbers so that those to be taken together stand together, and the shape of what they become."""
        axes = range(self.ndim) if axis is None else [_place(a, self.ndim) for a in np.atleast_1d(axis)]
        kept = [a for a in range(self.ndim) if a not in axes]
        ordered = self._rearranged(self._places().transpose(*kept, *axes))
        shape = [1 if a in axes else n for a, n in enumerate(self.shape)] if keepdims else [self.shape[a] for a in kept]
        return ordered, tuple(shape)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """Over all numbers, or along axes."""
        total = self.sum(axis, keepdims)
        mean: Array = total / (self.size / max(total.size, 1))
        return mean

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        in_place = list(kwargs) == ["out"] and kwargs["out"][0] is inputs[0]  # a += b: the name a takes the new array
        if method != "__call__" or (kwargs and not in_place):
            raise TypeError(f"[grad] np.{ufunc.__name__} is not differentiated in this form")
        if ufunc in _COMPARISONS:
            return ufunc(*(x.value if isinstance(x, Array) else x for x in inputs))
        arrays = [_as_array(x) for x in inputs]
        if ufunc in _UNARY:
            return Array(arrays[0]._numbers.unary(_UNARY[ufunc]), arrays[0].shape)
        if ufunc in _BINARY:
            return _binary(_BINARY[ufunc], arrays[0], arrays[1])
        if ufunc is np.matmul:
            return _matmul(arrays[0], arrays[1])
        raise TypeError(f"[grad] np.{ufunc.__name__} is not differentiated; what is: see gradus.autodiff")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in _FUNCTIONS:
            raise TypeError(f"[grad] np.{function.__name__} is not differentiated; what is: see gradus.autodiff")
        return _FUNCTIONS[function](*args, **kwargs)

    def _places(self) -> NDArray[np.int64]:
        """Where each number lies: NumPy moves these, then the numbers follow."""
        return np.arange(self.size, dtype=np.int64).reshape(self.shape)

    def _rearranged(self, places: Any) -> Array:
        places = np.asarray(places)
        return Array(self._numbers.take(np.ascontiguousarray(places.ravel())), places.shape)

    def _stretched(self, shape: tuple[int, ...]) -> Array:
        if self.shape == shape or self.size == 1:
            return self
        return self._rearranged(np.broadcast_to(self._places(), shape))


def _place(axis: int, ndim: int) -> int:
    """An axis counted from the first, if it was from the last."""
    if not -ndim <= axis < ndim:
        raise ValueError(f"[grad] expected an axis from {-ndim} to {ndim - 1}, got {axis}")
    return int(axis % ndim)


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _as_array(x: Any) -> Array:
    if isinstance(x, Array):
        return x
    values = np.asarray(x, dtype=np.float64)
    return Array(Vars.constants(np.ascontiguousarray(values.ravel())), values.shape)


def _binary(name: str, a: Array, b: Array) -> Array:
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = a._stretched(shape), b._stretched(shape)
    return Array(a._numbers.binary(name, b._numbers), shape)


def _matmul(a: Array, b: Array) -> Array:
    if not 1 <= a.ndim <= 2 or not 1 <= b.ndim <= 2 or a.shape[-1] != b.shape[0]:
        raise ValueError(f"[grad] expected matrices or vectors that fit together, got shapes {a.shape} and {b.shape}")
    rows = a.shape[0] if a.ndim == 2 else 1
    cols = b.shape[1] if b.ndim == 2 else 1
    product = a._numbers.matmul(b._numbers, rows, a.shape[-1], cols)
    return Array(product, a.shape[:-1] + b.shape[1:])


def _dot(a: Any, b: Any) -> Array:
    a, b = _as_array(a), _as_array(b)
    return _matmul(a, b) if a.shape and b.shape else _binary("multiply", a, b)


def _joined(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function that puts arrays together, of the places of their numbers and then of the numbers."""

    def join(arrays: Sequence[Any], *args: Any, **kwargs: Any) -> Array:
        parts = [_as_array(x) for x in arrays]
        starts = np.cumsum([0] + [part.size for part in parts])
        places = function([part._places() + start for part, start in zip(parts, starts)], *args, **kwargs)
        return Array(Vars.concatenated([part._numbers for part in parts]), (int(starts[-1]),))._rearranged(places)

    return join


def _where(condition: Any, a: Any, b: Any) -> Array:
    condition = condition.value if isinstance(condition, Array) else np.asarray(condition)
    a, b = _as_array(a), _as_array(b)
    both = Array(Vars.concatenated([a._numbers, b._numbers]), (a.size + b.size,))
    return both._rearranged(np.where(condition, a._places(), b._places() + a.size))


def _clip(a: Any, low: Any = None, high: Any = None) -> Array:
    a = _as_array(a)
    if low is not None:
        a = _binary("maximum", a, _as_array(low))
    return a if high is None else _binary("minimum", a, _as_array(high))


def _of_values(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, *args, **kwargs: function(a.value, *args, **kwargs)


def _moved(function: Callable[..., Any]) -> Callable[..., Array]:
    return lambda a, *args, **kwargs: a._rearranged(function(a._places(), *args, **kwargs))


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.max: lambda a, axis=None, keepdims=False: a.max(axis, keepdims),
    np.min: lambda a, axis=None, keepdims=False: a.min(axis, keepdims),
    np.prod: lambda a, axis=None, keepdims=False: a.prod(axis, keepdims),
    np.var: lambda a, axis=None, keepdims=False, ddof=0: a.var(axis, keepdims, ddof),
    np.std: lambda a, axis=None, keepdims=False, ddof=0: a.std(axis, keepdims, ddof),
    np.where: _where,
    np.clip: _clip,
    np.concatenate: _joined(np.concatenate),
    np.stack: _joined(np.stack),
    np.hstack: _joined(np.hstack),
    np.vstack: _joined(np.vstack),
    np.ravel: lambda a: a.ravel(),
    np.squeeze: _moved(np.squeeze),
    np.expand_dims: _moved(np.expand_dims),
    np.argmax: _of_values(np.argmax),
    np.argmin: _of_values(np.argmin),
    np.zeros_like: _of_values(np.zeros_like),
    np.ones_like: _of_values(np.ones_like),
    np.sum: lambda a, axis=None, keepdims=False: a.sum(axis, keepdims),
    np.mean: lambda a, axis=None, keepdims=False: a.mean(axis, keepdims),
    np.reshape: lambda a, *shape, **kwargs: a.reshape(*(shape or kwargs.values())),
    np.transpose: lambda a, axes=None: a._rearranged(np.transpose(a._places(), axes)),
    np.dot: _dot,
}


def _lift(argument: Any, tape: Tape) -> Any:
    """The argument with tape-backed arrays in place of its numbers."""
    if isinstance(argument, Mapping):
        return {key: _lift(value, tape) for key, value in argument.items()}
    if isinstance(argument, (list, tuple)):
        return type(argument)(_lift(value, tape) for value in argument)
    values = np.asarray(argument)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"[grad] expected numbers to differentiate by, got dtype {values.dtype}")
    flat = np.ascontiguousarray(values.ravel(), dtype=np.float64)
    return Array(Vars.variables(tape, flat), values.shape)


def _given(lifted: Any) -> Any:
    """What the function gets, which may write to it: other arrays of the same numbers."""
    if isinstance(lifted, Mapping):
        return {key: _given(value) for key, value in lifted.items()}
    if isinstance(lifted, (list, tuple)):
        return type(lifted)(_given(value) for value in lifted)
    return Array(lifted._numbers, lifted.shape)


def _derivatives(lifted: Any, tape: Tape) -> Any:
    """In the structure of the argument; a number for a number."""
    if isinstance(lifted, Mapping):
        return {key: _derivatives(value, tape) for key, value in lifted.items()}
    if isinstance(lifted, (list, tuple)):
        return type(lifted)(_derivatives(value, tape) for value in lifted)
    flat = tape.derivatives(lifted._numbers)
    return flat.reshape(lifted.shape) if lifted.shape else float(flat[0])


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[float, Any]]:
    """The function (arguments...) -> (f, derivative of f by some of them).

    Parameters
    ----------
    f : callable
        Written with NumPy; returns one number.
    argnums : int or sequence of int
        Which arguments to differentiate by: numbers, arrays, or lists, tuples and dicts of such.

    Returns
    -------
    callable
        Gives the value, and the derivative in the structure of the argument; for several arguments, a tuple of them.
        In float64, by reverse differentiation.

    Raises
    ------
    TypeError
        If f uses a function of NumPy's that is not differentiated here, or one of `math`, or an argument holds no
        numbers.
    ValueError
        If f does not return one number, or there is no such argument or axis.

    Warns
    -----
    RuntimeWarning
        If the value is infinite or no number; the derivative is then NaN.

    Examples
    --------
    >>> import gradus as gd, numpy as np
    >>> x, t = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 0.0])
    >>> def cost(w, b):
    ...     p = 1 / (1 + np.exp(-(x @ w + b)))
    ...     return np.mean((p - t) ** 2)
    >>> value, (dw, db) = gd.value_and_grad(cost, argnums=(0, 1))(np.array([0.5, -0.25]), 0.1)
    >>> round(value, 6), dw.round(6).tolist(), round(db, 6)
    (0.48618, [0.185916, -0.338376], -0.017)
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def differentiated(*arguments: Any, **keywords: Any) -> tuple[float, Any]:
        tape = Tape()
        given = list(arguments)
        lifted = {}
        for k in numbers:
            if not -len(given) <= k < len(given):
                raise ValueError(f"[grad] expected argnums of the {len(given)} arguments without keyword, got {k}")
            lifted[k] = _lift(arguments[k], tape)
            given[k] = _given(lifted[k])
        value = _as_array(f(*given, **keywords))
        if value.size != 1:
            raise ValueError(f"[grad] expected the function to return one number, got shape {value.shape}")
        number = float(value.value.reshape(()))
        if np.isfinite(number):
            tape.differentiate(value._numbers)
        else:
            warnings.warn(
                f"[grad] the function's value is {number}: it has no derivative there", RuntimeWarning, stacklevel=2
            )
            tape.differentiate_nothing()
        gradients = tuple(_derivatives(lifted[k], tape) for k in numbers)
        return number, gradients[0] if isinstance(argnums, int) else gradients

    return differentiated


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function (arguments...) -> derivative of f by some of them: see `value_and_grad`.

    Examples
    --------
    >>> import gradus as gd, numpy as np
    >>> gd.grad(lambda x: np.sum(np.tanh(x) ** 2))(np.array([0.0, 1.0])).round(4).tolist()
    [0.0, 0.6397]
    """
    both = value_and_grad(f, argnums)
    return lambda *arguments, **keywords: both(*arguments, **keywords)[1]
