# SPDX-License-Identifier: MIT
"""The parameters of the estimators, an entry each. From it come the constructors, what is checked, the docstrings, the
types in __init__.pyi and the tables of docs/sklearn.md (scripts/estimators writes those two)."""

from inspect import signature
from numbers import Real

import numpy as np
import sklearn.neural_network
from sklearn.utils._param_validation import Options

from .._core import lists
from ._arguments import FLAG, NONE, Argument, Kind, Only, one_of, real, whole
from ._engine import ACTIVATIONS, MORE_ACTIVATIONS, engine_name
from ._lbfgs import SCIPY_PRINTS

SOLVERS = ("lbfgs", "sgd", "adam")
MORE_SOLVERS = tuple(sorted(set(lists.optimizers()) - set(SOLVERS)))
LOSSES = ("squared_error", "poisson", "absolute_error", "huber")
MORE_LOSSES = tuple(sorted(set(lists.losses_of_numbers()) - {engine_name(name) for name in LOSSES}))


def solvers(*names):
    return Only("solver=" + " or ".join(f'"{name}"' for name in names), lambda est: est.solver in names)


STOCHASTIC = Only('a solver other than "lbfgs"', lambda est: est.solver != "lbfgs")
# Adam's schedule is its own; Rprop's rate is that of the first step alone.
SCHEDULED = Only(
    'a solver other than "adam", "rprop" and "lbfgs"', lambda est: est.solver not in ("adam", "rprop", "lbfgs")
)
MOMENTS = solvers(
    *sorted(name for name, numbers in lists.optimizers().items() if {"beta1", "beta2", "eps"} <= set(numbers))
)
STOPS_EARLY = Only(
    'early_stopping and a solver other than "lbfgs"', lambda est: est.early_stopping and STOCHASTIC.holds(est)
)

SCORER = Kind([callable], "Callable[..., float]", "callable")
CALLBACKS = Kind([callable], "Callback", "callable") | Kind([list, tuple], "Sequence[Callback]", "list of them")
FEW_TEXTS = Kind(["array-like"], "Sequence[Activation]", "sequence of them")
FLOATS = Kind(["array-like"], "Sequence[float]", "sequence of float")
ARRAYS = Kind([list, tuple], "Sequence[ArrayLike]", "list of array-like") | NONE
# Before 1.7 the regressor had no `loss`, and its first argument was the next one.
LOSS_COMES_FIRST = "loss" in signature(sklearn.neural_network.MLPRegressor).parameters

TABLE = (
    Argument(
        "loss",
        "squared_error",
        one_of(*LOSSES, *MORE_LOSSES),
        "Half the squared error or half the Poisson deviance, as in scikit-learn; the absolute error; Huber's loss, half"
        " the squared error up to an error of `huber_delta` and linear beyond; or a loss of numbers of docs/training.md.",
        of="MLPRegressor",
        positional=LOSS_COMES_FIRST,
    ),
    Argument(
        "hidden_layer_sizes",
        (100,),
        Kind(["array-like"], "Sequence[int]", "sequence of int") | whole(1),
        "The units of each hidden layer.",
        positional=True,
    ),
    Argument(
        "activation",
        "relu",
        one_of(*sorted(ACTIVATIONS), *sorted(MORE_ACTIVATIONS), type="Activation") | FEW_TEXTS,
        "Of the hidden layers: of all, or of each one.",
        positional=True,
    ),
    Argument("solver", "adam", one_of(*SOLVERS, *MORE_SOLVERS, type="Solver"), "What descends the loss."),
    Argument("alpha", 0.0001, real(0), "Of the penalty: alpha / 2 times the squared weights, divided by the samples."),
    Argument(
        "batch_size",
        "auto",
        one_of("auto") | whole(1),
        'Samples an update; "auto": 200, or all if they are fewer.',
        STOCHASTIC,
    ),
    Argument(
        "learning_rate",
        "constant",
        one_of("constant", "invscaling", "adaptive"),
        "Its schedule: as it is; divided by (t + 1)^power_t after t samples; divided by 5 when training stalls.",
        SCHEDULED,
    ),
    Argument("learning_rate_init", 0.001, real(0, closed="neither"), "The learning rate to begin with.", STOCHASTIC),
    Argument(
        "power_t",
        0.5,
        real(0),
        "How fast the learning rate falls.",
        Only(
            f'learning_rate="invscaling" and {SCHEDULED.text}',
            lambda est: est.learning_rate == "invscaling" and SCHEDULED.holds(est),
        ),
    ),
    Argument("max_iter", 200, whole(1), "Epochs at most, of lbfgs iterations."),
    Argument("shuffle", True, FLAG, "Whether each epoch has its own order of samples.", STOCHASTIC),
    Argument(
        "random_state",
        None,
        Kind(["random_state"], "int | np.random.RandomState | None", "int, RandomState or None"),
        "Of initial weights, validation set, shuffles and dropout.",
    ),
    Argument("tol", 1e-4, real(0), "By how much the loss, or the validation score, must improve."),
    Argument(
        "verbose",
        False,
        Kind(["verbose"], "bool | int", "bool or int"),
        "Whether each epoch prints its loss.",
        None if SCIPY_PRINTS else STOCHASTIC,
    ),
    Argument("warm_start", False, FLAG, "Whether fit goes on from what an earlier fit has learned."),
    Argument("momentum", 0.9, real(0, 1, "both"), "The share of the last step that is taken again.", solvers("sgd")),
    Argument(
        "nesterovs_momentum",
        True,
        FLAG,
        "Whether the momentum is Nesterov's.",
        Only('solver="sgd" and momentum > 0', lambda est: est.solver == "sgd" and est.momentum > 0),
    ),
    Argument(
        "early_stopping",
        False,
        FLAG,
        "Whether a validation set says when to stop, and which weights are kept.",
        STOCHASTIC,
    ),
    Argument("validation_fraction", 0.1, real(0, 1), "The share of samples in the validation set.", STOPS_EARLY),
    Argument("beta_1", 0.9, real(0, 1), "Of the running mean of gradients.", MOMENTS),
    Argument("beta_2", 0.999, real(0, 1), "Of the running mean of squared gradients.", MOMENTS),
    Argument("epsilon", 1e-8, real(0, closed="neither"), "Keeps a division from being one by 0.", MOMENTS),
    Argument(
        "n_iter_no_change",
        10,
        whole(1) | Kind([Options(Real, {np.inf})], "float", "infinity"),
        "Epochs without improvement, in a row, that are borne.",
        STOCHASTIC,
    ),
    Argument("max_fun", 15000, whole(1), "Evaluations of the loss at most.", solvers("lbfgs")),
    Argument(
        "class_weight",
        None,
        Kind([dict, list], "Mapping[Any, float]", "dict") | one_of("balanced") | NONE,
        "How much the samples of a class count; multiplies `sample_weight`.",
        own=True,
        of="MLPClassifier",
    ),
    Argument(
        "huber_delta",
        1.0,
        real(0, closed="neither"),
        "The error up to which Huber's loss is a square, in units of y.",
        Only('loss="huber"', lambda est: est.loss == "huber"),
        own=True,
        of="MLPRegressor",
    ),
    Argument(
        "dropout",
        0.0,
        FLOATS | real(0, 1),
        "The share of a hidden layer's units that each update leaves out: of every layer, or of each one.",
        Only(
            'hidden layers and a solver other than "lbfgs"',
            lambda est: STOCHASTIC.holds(est) and np.size(est.hidden_layer_sizes) > 0,
        ),
        own=True,
    ),
    Argument(
        "solver_options",
        None,
        Kind([dict], "Mapping[str, float]", "dict") | NONE,
        'More numbers of the solver, as in docs/training.md: {"decay": 0.01} of adamw.',
        STOCHASTIC,
        own=True,
    ),
    Argument(
        "scoring",
        None,
        Kind([str], "str", "str") | SCORER | NONE,
        "What early stopping looks at, any scorer of scikit-learn or a function (model, X, y); None: the accuracy, of a"
        " regressor R^2.",
        STOPS_EARLY,
        own=True,
    ),
    Argument(
        "callbacks",
        None,
        CALLBACKS | NONE,
        "Called with the estimator after each epoch (of lbfgs: each iteration); a true answer ends training, an exception"
        " arrives and leaves the model usable.",
        own=True,
    ),
    Argument(
        "coefs_init",
        None,
        ARRAYS,
        "Weights to begin with. They are drawn all the same, so that the shuffles stay what they are.",
        own=True,
    ),
    Argument("intercepts_init", None, ARRAYS, "Biases to begin with; likewise.", own=True),
    Argument(
        "n_seeds",
        1,
        whole(1),
        "So many networks are trained, from other initial weights and shuffles; `predict_spread` says how far apart they"
        " are. Member k is the model of random_state + k.",
        own=True,
    ),
    Argument(
        "ensemble",
        "mean",
        one_of("mean", "best"),
        "What they predict: the mean of their outputs, or what the one with the best loss (with early stopping: score)"
        " predicts.",
        Only("n_seeds above 1", lambda est: est.n_seeds > 1),
        own=True,
    ),
    Argument("sklearn_quirks", True, FLAG, 'False sets right what docs/sklearn.md lists under "Quirks".', own=True),
)


def check_effects(est):
    """Refuses what the configuration ignores, if the parameter or the solver is Gradus's own. What scikit-learn ignores
    in silence is ignored so."""
    for argument in est._arguments:
        if argument.only is None or not (argument.own or est.solver in MORE_SOLVERS):
            continue
        value = getattr(est, argument.name)
        if argument.is_asked_for(value) and not argument.only.holds(est):
            raise ValueError(
                f"[{type(est).__name__}] expected {argument.name}={argument.default!r}, for it has an effect only with "
                f"{argument.only.text}, got {value!r}."
            )
