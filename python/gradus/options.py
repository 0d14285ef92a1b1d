# SPDX-License-Identifier: MIT
"""The keyword options of `fit` and `Experiment`, for type checkers: the flags of the command line, typed.

None leaves an option at its default. The compiled part knows the defaults and the ranges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from numpy.typing import NDArray

__all__ = ["ExperimentOptions", "ReadingOptions", "TrainingOptions"]


class TrainingOptions(TypedDict, total=False):
    """How to train: see `gradus.fit`."""

    loss: str | None
    reduction: str | None
    class_weight: str | Mapping[int, float] | Sequence[float] | NDArray[Any] | None
    optimizer: str | None
    lr: float | None
    momentum: float | None
    nesterov: bool | None
    schedule: str | None
    l1: float | None
    l2: float | None
    weight_decay: float | None
    max_norm: float | None
    clip_norm: float | None
    clip_value: float | None
    early_stopping: str | None
    patience: int | None
    min_delta: float | None
    epochs: int | None
    updates: int | None
    batch: int | str | None
    order: str | None
    engine: str | None
    arithmetic: str | None
    freeze: str | int | Sequence[int] | None
    plant: str | None
    min_change: float | None
    record_every: int | None
    test_every: int | None


class ReadingOptions(TypedDict, total=False):
    """How the table of a file is to be read: see `gradus.load_data`."""

    separator: str | None
    decimal: str | None
    comment: str | None
    header: bool | None
    features: str | None
    drop: str | None
    encode: str | None
    missing: str | None


class ExperimentOptions(TrainingOptions, ReadingOptions, total=False):
    """What to train on what, and how: see `gradus.Experiment`."""

    seed: int | None
    precision: str | None
    data: str
    target: str | None
    task: str | None
    test: float | str | None
    sample_weight: str | None
    stratify: bool | None
    scale: str | None
    scale_target: str | None
    fingerprint: str | None
    network: str
    from_model: str | None
    from_parameters: str | None
    init: str | None
    model: str | None
