# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# It builds on classes of scikit-learn, which have no types; what users see of it has, in __init__.pyi.
"""What the parameters may be, in scikit-learn's own terms, so that its own words say what they may not."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from ._engine import ACTIVATIONS, MORE_ACTIVATIONS

SOLVERS = {"lbfgs", "sgd", "adam"}
MORE_SOLVERS = {"adagrad", "adamw", "nadam", "quickprop", "rmsprop", "rprop"}


def per_layer(value, layers, name):
    """One value for each hidden layer: `value` itself, if it is a sequence of as many."""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return (value,) * layers
    values = tuple(value)
    if len(values) != layers:
        raise ValueError(f"{name} must be one value, or one for each of the {layers} hidden layers, got {value!r}.")
    return values


CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(ACTIVATIONS | MORE_ACTIVATIONS), "array-like"],
    "solver": [StrOptions(SOLVERS | MORE_SOLVERS)],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": ["array-like", Interval(Real, 0, 1, closed="left")],
    "solver_options": [dict, None],
    "scoring": [str, callable, None],
    "callbacks": [callable, list, tuple, None],
    "coefs_init": [list, tuple, None],
    "intercepts_init": [list, tuple, None],
    "n_seeds": [Interval(Integral, 1, None, closed="left")],
    "ensemble": [StrOptions({"mean", "best"})],
    "sklearn_quirks": ["boolean"],
}
