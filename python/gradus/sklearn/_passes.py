# SPDX-License-Identifier: MIT
"""The passes under scikit-learn's private names, for recipes that call them, such as one for a hidden layer's values."""

from functools import cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .._core import estimator
from . import _engine
from ._lbfgs import PenalisedLoss
from ._parameters import concatenated, taken_apart

# What training here does not call: the engine goes forward and back by itself.
NOT_CALLED = (
    "_backprop",
    "_compute_loss_grad",
    "_forward_pass",
    "_loss_grad_lbfgs",
    "_unpack",
    "_update_no_improvement_count",
)


class Passes(BaseEstimator):
    """Of an estimator with weights."""

    @classmethod
    @cache
    def _check_overrides(cls):
        """Refuses a subclass that changes training in a way that would have no effect."""
        for name in NOT_CALLED:
            if getattr(cls, name, None) is not getattr(Passes, name, None):
                raise TypeError(
                    f"[{cls.__name__}] expected no {name} of its own, for training here does not call it, got one: change "
                    "what is learned by loss, callbacks or coefs_init, or take scikit-learn's class."
                )

    def _unpack(self, packed_parameters):
        """Makes parameters in scikit-learn's order, all weights and then all biases, the model's."""
        shapes = [coef.shape for coef in self.coefs_]
        self._adopt(*taken_apart(np.asarray(packed_parameters), shapes), self.coefs_[0].dtype)

    def _forward_pass(self, activations):
        """Fills the list with the values of each layer, whose first entry is X."""
        functions = (*self._hidden_activations(self.n_layers_ - 2), self.out_activation_)
        for i, (coef, intercept) in enumerate(zip(self.coefs_, self.intercepts_, strict=True)):
            layer = _engine.network(coef.shape, (functions[i],))
            x = activations[i] if isinstance(activations[i], np.ndarray) else activations[i].toarray()
            dtype = np.float32 if np.result_type(x.dtype, coef.dtype) == np.float32 else np.float64
            theta: Any = np.concatenate([np.ravel(coef), np.broadcast_to(intercept, coef.shape[1:])]).astype(
                dtype, copy=False
            )
            activations[i + 1] = estimator.outputs(layer, theta, np.ascontiguousarray(x, dtype))
        return activations

    def _backprop(self, X, y, sample_weight, activations, deltas, coef_grads, intercept_grads):
        """Loss with penalty, and its gradients. Fills `activations`, `coef_grads` and `intercept_grads`; `deltas`, which
        only scikit-learn's own steps read, stay what they are."""
        loss, gradient = self._loss_grad_lbfgs(concatenated(self.coefs_, self.intercepts_), X, y, sample_weight)
        activations[0] = X
        self._forward_pass(activations)
        coef_grads[:], intercept_grads[:] = taken_apart(gradient, [coef.shape for coef in self.coefs_])
        return loss, coef_grads, intercept_grads

    def _loss_grad_lbfgs(self, packed, X, y, sample_weight, *_buffers):
        """Loss and gradient at parameters in scikit-learn's order, all weights and then all biases."""
        return PenalisedLoss(self, X, y, sample_weight)(packed)
