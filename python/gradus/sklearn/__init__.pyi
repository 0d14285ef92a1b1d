# SPDX-License-Identifier: MIT
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MLPClassifier", "MLPRegressor"]

# written by scripts/estimators: the names
Activation = Literal[
    "identity",
    "logistic",
    "relu",
    "tanh",
    "elu",
    "gelu",
    "hardsigmoid",
    "hardswish",
    "leakyrelu",
    "mish",
    "selu",
    "silu",
    "softplus",
    "softsign",
]
Solver = Literal[
    "lbfgs",
    "sgd",
    "adam",
    "adagrad",
    "adamw",
    "lion",
    "nadam",
    "quickprop",
    "rmsprop",
    "rprop",
]
# end
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
    def to_sklearn(self) -> Any: ...
    def to_onnx(self, *, precision: Literal["float32", "float64"] = ..., opset: int = ...) -> bytes: ...
    @classmethod
    def from_sklearn(cls: type[Self], model: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...

class MLPClassifier(_MLP):
    classes_: NDArray[Any]
    estimators_: list[MLPClassifier]
    # written by scripts/estimators: the parameters of MLPClassifier
    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] | int = (100,),
        activation: Activation | Sequence[Activation] = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: Literal["auto"] | int = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0001,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        dropout: Sequence[float] | float = 0.0,
        solver_options: Mapping[str, float] | None = None,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        coefs_init: Sequence[ArrayLike] | None = None,
        intercepts_init: Sequence[ArrayLike] | None = None,
        n_seeds: int = 1,
        ensemble: Literal["mean", "best"] = "mean",
        sklearn_quirks: bool = True,
    ) -> None: ...
    # end
    def partial_fit(
        self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ..., classes: ArrayLike | None = ...
    ) -> Self: ...
    def predict_proba(self, X: Any) -> Floats: ...
    def predict_log_proba(self, X: Any) -> Floats: ...

class MLPRegressor(_MLP):
    estimators_: list[MLPRegressor]
    # written by scripts/estimators: the parameters of MLPRegressor
    def __init__(
        self,
        loss: Literal["squared_error", "poisson", "absolute_error", "huber", "log-cosh"] = "squared_error",
        hidden_layer_sizes: Sequence[int] | int = (100,),
        activation: Activation | Sequence[Activation] = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: Literal["auto"] | int = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0001,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        huber_delta: float = 1.0,
        dropout: Sequence[float] | float = 0.0,
        solver_options: Mapping[str, float] | None = None,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        coefs_init: Sequence[ArrayLike] | None = None,
        intercepts_init: Sequence[ArrayLike] | None = None,
        n_seeds: int = 1,
        ensemble: Literal["mean", "best"] = "mean",
        sklearn_quirks: bool = True,
    ) -> None: ...
    # end
    def partial_fit(self: Self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
