# SPDX-License-Identifier: MIT
"""Training by L-BFGS: SciPy's method, as in scikit-learn, on the engine's loss and gradient."""

import numpy as np
import scipy.optimize
from sklearn.utils.optimize import _check_optimize_result

from ._engine import objective
from ._parameters import Parameters, concatenated, taken_apart

SCIPY_PRINTS = tuple(int(part) for part in scipy.__version__.split(".")[:2]) < (1, 15)
STOPPED_BY_CALLBACK = 99  # SciPy's status of a run that a callback has ended


class PenalisedLoss:
    """Loss and gradient of all samples, in float64, at parameters in scikit-learn's order.

    Parameters
    ----------
    estimator : the estimator, whose coefs_ give the shapes
    X : ndarray or sparse matrix of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,) or None
    """

    def __init__(self, estimator, X, y, sample_weight):
        self.shapes = [c.shape for c in estimator.coefs_]
        self._y = np.ascontiguousarray(y, np.float64)
        weighted = sample_weight is not None
        self._weights = np.ascontiguousarray(sample_weight, np.float64) if weighted else np.empty(0)
        loss = estimator._engine_loss()
        self._unit = loss.unit
        self._constant = np.average(loss.constant(self._y), weights=sample_weight) if loss.constant else 0.0
        self._ridge = estimator.alpha / (self._weights.sum() if weighted else X.shape[0])
        self._theta = Parameters(estimator.coefs_, estimator.intercepts_, np.float64)
        self._gradient = np.empty_like(self._theta.flat)
        self._grads = self._theta.views_of(self._gradient)
        self._evaluate, self._x = objective(np.float64, estimator._network(), loss, X)

    def __call__(self, packed):
        theta = self._theta
        coefs, intercepts = taken_apart(packed, self.shapes)
        for to, array in zip(theta.coefs + theta.intercepts, coefs + intercepts, strict=True):
            to[...] = array
        loss = self._evaluate(theta.flat, self._x, self._y, self._weights, self._gradient)
        value = loss * self._unit + self._constant
        for layer, grads in zip(theta.coefs, self._grads[0::2], strict=True):
            value += 0.5 * self._ridge * np.vdot(layer, layer)
            grads += self._ridge * layer
        return value, concatenated(self._grads[0::2], self._grads[1::2])


def fit_lbfgs(estimator, X, y, sample_weight):
    """Trains the estimator; a callback sees each iteration."""
    est = estimator
    dtype = est.coefs_[0].dtype
    loss = PenalisedLoss(est, X, y, sample_weight)

    def tell(intermediate_result):
        est.n_iter_ += 1
        est.loss_ = np.float64(intermediate_result.fun)
        est._adopt(*taken_apart(intermediate_result.x, loss.shapes), dtype)
        if est._tell_callbacks():
            raise StopIteration

    est.n_iter_ = 0
    result = scipy.optimize.minimize(
        loss,
        concatenated(est.coefs_, est.intercepts_),
        method="L-BFGS-B",
        jac=True,
        callback=None if est.callbacks is None else tell,
        options={
            "maxfun": est.max_fun,
            "maxiter": est.max_iter,
            "gtol": est.tol,
            **({"iprint": 1 if est.verbose >= 1 else -1} if SCIPY_PRINTS else {}),
        },
    )
    if result.status != STOPPED_BY_CALLBACK:
        est.n_iter_ = _check_optimize_result("lbfgs", result, est.max_iter)
    est.loss_ = np.float64(result.fun)
    est._adopt(*taken_apart(result.x, loss.shapes), dtype)
