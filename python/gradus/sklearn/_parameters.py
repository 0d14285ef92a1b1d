# SPDX-License-Identifier: MIT
"""Weights and biases as one flat array, and as scikit-learn's lists of arrays."""

import math
from itertools import chain
from typing import Any

import numpy as np


class Parameters:
    """Flat parameters in the engine's order (layer by layer, weights row by row, then biases), and views of them.

    Parameters
    ----------
    coefs : list of ndarray, the ith of shape (units of layer i, units of layer i + 1)
    intercepts : list of ndarray, the ith of shape (units of layer i + 1,)
        Copied. One of another shape counts for every unit, as NumPy broadcasts it.
    dtype : float32 or float64, default: that of the arrays, which is float64 for all others
    """

    def __init__(self, coefs, intercepts, dtype=None):
        arrays: list[Any] = []
        for coef, intercept in zip(coefs, intercepts, strict=True):
            coef, intercept = np.asarray(coef), np.asarray(intercept)
            if intercept.shape != coef.shape[1:]:
                intercept = np.broadcast_to(intercept, coef.shape[1:])
            arrays += (coef, intercept)
        if dtype is None:
            dtype = np.result_type(*arrays)
        self.flat = np.empty(sum(a.size for a in arrays), np.float32 if dtype == np.float32 else np.float64)
        self._shapes = [a.shape for a in arrays]
        views = self.views_of(self.flat)
        for view, array in zip(views, arrays, strict=True):
            view[...] = array
        self.coefs = views[0::2]
        self.intercepts = views[1::2]
        self._handed_out = (*self.coefs, *self.intercepts)

    def views_of(self, flat):
        """The arrays in another flat array, such as a gradient: weights, biases, weights, ..."""
        pieces, start = [], 0
        for shape in self._shapes:
            size = math.prod(shape)
            pieces.append(flat[start : start + size].reshape(shape))
            start += size
        return pieces

    def back(self, coefs, intercepts):
        """Whether these lists hold the views and nothing else."""
        given = (*coefs, *intercepts)
        return len(given) == len(self._handed_out) and all(a is b for a, b in zip(given, self._handed_out))


def concatenated(coefs, intercepts):
    """The arrays in scikit-learn's order: all weights, then all biases."""
    return np.concatenate([np.ravel(a) for a in chain(coefs, intercepts)])


def taken_apart(packed, shapes):
    """What `concatenated` put together, as views: (coefs, intercepts) for weights of the shapes."""
    coefs, intercepts, start = [], [], 0
    for shape in shapes:
        coefs.append(packed[start : start + shape[0] * shape[1]].reshape(shape))
        start += shape[0] * shape[1]
    for _, outputs in shapes:
        intercepts.append(packed[start : start + outputs])
        start += outputs
    return coefs, intercepts
