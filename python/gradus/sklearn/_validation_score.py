# SPDX-License-Identifier: MIT
"""What early stopping looks at."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring

from ._engine import objective


def toarray(labels):
    """Labels of which each sample has several may be a sparse matrix."""
    return labels if isinstance(labels, np.ndarray) or not issparse(labels) else labels.toarray()


def accuracy(y, predicted, weights):
    """The share of samples whose label, or whose every label, is right."""
    hit = toarray(predicted) == toarray(y)
    if hit.ndim == 2:
        hit = hit.all(axis=1)
    return float(hit.mean() if weights is None else np.average(hit, weights=weights))


def r2(y, predicted, weights):
    """The mean over the outputs of 1 - sum w (y - p)^2 / sum w (y - mean)^2; where y is constant, 1 if p is y, else 0.
    NaN if a prediction is not finite."""
    if not np.isfinite(predicted).all():
        return float("nan")
    w = 1.0 if weights is None else weights[:, np.newaxis]
    residual = (w * (y - predicted) ** 2).sum(axis=0, dtype=np.float64)
    total = (w * (y - np.average(y, axis=0, weights=weights)) ** 2).sum(axis=0, dtype=np.float64)
    scores = np.where(residual == 0, 1.0, 0.0)
    varies = (total != 0) & (residual != 0)
    np.divide(residual, total, out=scores, where=varies)
    scores[varies] = 1 - scores[varies]
    return float(scores.mean())


class ValidationSet:
    """Samples that training does not see.

    Parameters
    ----------
    estimator : the estimator at training
    theta : ndarray
        Its flat parameters, of whose type everything is.
    X : ndarray or CSR matrix, y : ndarray of shape (n_samples, n_outputs), weights : ndarray or None
    """

    def __init__(self, estimator, theta, X, y, weights):
        self.est = estimator
        self.weights = weights
        self.y = estimator._label_binarizer.inverse_transform(y) if is_classifier(estimator) else y
        self._targets = np.ascontiguousarray(y, theta.dtype)
        self._weights = np.empty(0, theta.dtype) if weights is None else np.ascontiguousarray(weights, theta.dtype)
        self._loss = estimator._engine_loss()
        self._constant = 0.0
        if self._loss.constant:
            self._constant = np.average(self._loss.constant(np.asarray(y, np.float64)), weights=weights)
        self._objective, self._x = objective(theta.dtype, estimator._network(), self._loss, X)
        self.x = self._x if isinstance(self._x, np.ndarray) else X
        self._scorer: Any = None
        if estimator.scoring is not None:
            self._scorer = check_scoring(estimator, scoring=estimator.scoring)

    def score_and_loss(self, theta):
        loss = self._objective.score(theta, self._x, self._targets, self._weights)
        return self._score(), float(loss * self._loss.unit + self._constant)

    def _score(self):
        if self._scorer is not None:
            return self._custom_score()
        outputs = self.est._outputs(self.x)
        if is_classifier(self.est):
            return accuracy(self.y, self.est._decide(outputs), self.weights)
        return r2(self.y, outputs, self.weights)

    def _custom_score(self):
        """By the user's scorer, of a look-alike that does not ask for feature names: its samples are an array."""
        twin = object.__new__(type(self.est))
        twin.__dict__.update(self.est.__dict__)
        twin.__dict__.pop("feature_names_in_", None)
        y = self.y[:, 0] if self.y.ndim == 2 and self.y.shape[1] == 1 else self.y
        weights = {} if self.weights is None else {"sample_weight": self.weights}
        return float(self._scorer(twin, self.x, y, **weights))
