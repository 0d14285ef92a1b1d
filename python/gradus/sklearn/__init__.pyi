# SPDX-License-Identifier: MIT
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MLPClassifier", "MLPRegressor"]

Activation = Literal[
    "identity",
    "logistic",
    "tanh",
    "relu",
    "elu",
    "gelu",
    "hardsigmoid",
    "leakyrelu",
    "mish",
    "selu",
    "silu",
    "softplus",
    "softsign",
]
Solver = Literal["lbfgs", "sgd", "adam", "adagrad", "adamw", "nadam", "quickprop", "rmsprop", "rprop"]
Callback = Callable[[Any], object]
Floats = NDArray[np.floating[Any]]
Self = TypeVar("Self", bound="_MLP")

class _MLP:
    loss_: float
    best_loss_: float | None
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    t_: int
    coefs_: list[Floats]
    intercepts_: list[Floats]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    n_iter_: int
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    best_index_: int
    def fit(self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> Floats: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    def get_params(self, deep: bool = ...) -> dict[str, Any]: ...
    def set_params(self: Self, **params: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...

class MLPClassifier(_MLP):
    classes_: NDArray[Any]
    estimators_: list[MLPClassifier]
    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = ...,
        activation: Activation | Sequence[Activation] = ...,
        *,
        solver: Solver = ...,
        alpha: float = ...,
        batch_size: int | Literal["auto"] = ...,
        learning_rate: Literal["constant", "invscaling", "adaptive"] = ...,
        learning_rate_init: float = ...,
        power_t: float = ...,
        max_iter: int = ...,
        shuffle: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        tol: float = ...,
        verbose: bool | int = ...,
        warm_start: bool = ...,
        momentum: float = ...,
        nesterovs_momentum: bool = ...,
        early_stopping: bool = ...,
        validation_fraction: float = ...,
        beta_1: float = ...,
        beta_2: float = ...,
        epsilon: float = ...,
        n_iter_no_change: float = ...,
        max_fun: int = ...,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = ...,
        dropout: float | Sequence[float] = ...,
        solver_options: Mapping[str, float] | None = ...,
        scoring: str | Callable[..., float] | None = ...,
        callbacks: Callback | Sequence[Callback] | None = ...,
        coefs_init: Sequence[ArrayLike] | None = ...,
        intercepts_init: Sequence[ArrayLike] | None = ...,
        n_seeds: int = ...,
        ensemble: Literal["mean", "best"] = ...,
        sklearn_quirks: bool = ...,
    ) -> None: ...
    def partial_fit(
        self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ..., classes: ArrayLike | None = ...
    ) -> Self: ...
    def predict_proba(self, X: Any) -> Floats: ...
    def predict_log_proba(self, X: Any) -> Floats: ...

class MLPRegressor(_MLP):
    estimators_: list[MLPRegressor]
    def __init__(
        self,
        loss: Literal["squared_error", "poisson", "absolute_error", "huber"] = ...,
        hidden_layer_sizes: int | Sequence[int] = ...,
        activation: Activation | Sequence[Activation] = ...,
        *,
        solver: Solver = ...,
        alpha: float = ...,
        batch_size: int | Literal["auto"] = ...,
        learning_rate: Literal["constant", "invscaling", "adaptive"] = ...,
        learning_rate_init: float = ...,
        power_t: float = ...,
        max_iter: int = ...,
        shuffle: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        tol: float = ...,
        verbose: bool | int = ...,
        warm_start: bool = ...,
        momentum: float = ...,
        nesterovs_momentum: bool = ...,
        early_stopping: bool = ...,
        validation_fraction: float = ...,
        beta_1: float = ...,
        beta_2: float = ...,
        epsilon: float = ...,
        n_iter_no_change: float = ...,
        max_fun: int = ...,
        huber_delta: float = ...,
        dropout: float | Sequence[float] = ...,
        solver_options: Mapping[str, float] | None = ...,
        scoring: str | Callable[..., float] | None = ...,
        callbacks: Callback | Sequence[Callback] | None = ...,
        coefs_init: Sequence[ArrayLike] | None = ...,
        intercepts_init: Sequence[ArrayLike] | None = ...,
        n_seeds: int = ...,
        ensemble: Literal["mean", "best"] = ...,
        sklearn_quirks: bool = ...,
    ) -> None: ...
    def partial_fit(self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
