# SPDX-License-Identifier: MIT
"""How well predictions meet the truth, which comes first, as in scikit-learn.

ValueError if the two do not fit together, or for no samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._core import (
    accuracy,
    average_precision,
    balanced_accuracy,
    calibration_curve,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    median_absolute_error,
    precision_recall_curve,
    predicted_classes,
    r2_score,
    roc_auc,
    roc_curve,
)

__all__ = [
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "calibration_curve",
    "confusion_matrix",
    "f1_score",
    "log_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "median_absolute_error",
    "precision_recall_curve",
    "predicted_classes",
    "r2_score",
    "roc_auc",
    "roc_curve",
]


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: str | None = None,
) -> NDArray[Any]:
    """How many samples of each class (rows) were taken for which class (columns).

    Parameters
    ----------
    y_true, y_pred : array of shape (samples,)
        Labels of any kind: numbers, words.
    labels : array, optional
        The classes, in the order of rows and columns; samples of others are left out. Else all that there are, sorted.
    sample_weight : array of shape (samples,), optional
        How much each sample counts.
    normalize : {'true', 'pred', 'all'}, optional
        Shares of the row, of the column or of all in place of counts.

    Returns
    -------
    array of shape (classes, classes)
        Whole numbers, unless weighted or normalized.

    Raises
    ------
    ValueError
        If lengths differ, there are no samples, none is of the labels, or `normalize` is none of the three.

    Examples
    --------
    >>> from gradus import metrics
    >>> metrics.confusion_matrix(["cat", "dog", "cat"], ["cat", "cat", "cat"]).tolist()
    [[2, 0], [1, 0]]
    """
    truth, predicted = np.asarray(y_true), np.asarray(y_pred)
    if truth.ndim != 1 or truth.shape != predicted.shape:
        raise ValueError(
            f"[confusion_matrix] expected as many predictions as true labels, got shapes {truth.shape} and {predicted.shape}"
        )
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"[confusion_matrix] expected normalize of true, pred, all or None, got {normalize!r}")
    if not truth.size:
        raise ValueError("[confusion_matrix] expected at least one sample, got none")
    weights: NDArray[Any] = np.ones(truth.shape, np.int64) if sample_weight is None else np.asarray(sample_weight)
    if weights.shape != truth.shape:
        raise ValueError(f"[confusion_matrix] expected a weight for each of {truth.size} samples, got {weights.shape}")
    classes = np.unique(np.concatenate([truth, predicted])) if labels is None else np.asarray(labels)
    place = {label: k for k, label in enumerate(classes.tolist())}
    if labels is not None and not any(label in place for label in truth.tolist()):
        raise ValueError("[confusion_matrix] expected at least one of the labels to be true of a sample, got none")
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64 if weights.dtype.kind in "iub" else np.float64)
    each: list[Any] = weights.tolist()
    for true, said, weight in zip(truth.tolist(), predicted.tolist(), each, strict=True):
        if true in place and said in place:
            counts[place[true], place[said]] += weight
    if normalize is None:
        return counts
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    with np.errstate(invalid="ignore"):
        shares: NDArray[Any] = np.nan_to_num(counts / counts.sum(axis=axis, keepdims=True))
    return shares
