# SPDX-License-Identifier: MIT
"""What classifier and regressor have in common."""

import math
from abc import ABC, abstractmethod
from functools import cache

import numpy as np
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import _fit_context
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import __version__
from .._core import estimator
from . import _engine
from ._arguments import per_layer
from ._ensemble import fit_members
from ._exchange import Exchange
from ._lbfgs import fit_lbfgs
from ._parameters import Parameters
from ._passes import Passes
from ._stochastic import Stochastic
from ._table import MOMENTS, check_effects

PICKLE_FORMAT = 2
CSR = (csr_array, csr_matrix)


class BaseMLP(Exchange, Passes, ABC):
    """Fitting and what lies under predicting. A subclass says what y means, and what the outputs do."""

    @classmethod
    @cache
    def _get_param_names(cls):
        """As by BaseEstimator, who looks at the constructor at every clone and every fit."""
        return super()._get_param_names()

    # ------------------------------------------------------------------------------------------ what a subclass says

    @abstractmethod
    def _validate_input(self, X, y, incremental, reset):
        """X and y as arrays, y as targets of one dimension or two; scikit-learn's errors if they cannot be."""

    def _validated(self, X, y, reset, **more):
        """X and y as arrays, a column of targets as one dimension."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
            **more,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    @abstractmethod
    def _decide(self, outputs):
        """What outputs (n_samples, n_outputs) stand for: labels, or numbers."""

    @abstractmethod
    def _shown_spread(self, spread):
        """The standard deviations of the outputs, in the shape that is shown."""

    @abstractmethod
    def _output_activation(self):
        """The name of it."""

    @abstractmethod
    def _engine_loss(self):
        """An `_engine.Loss`."""

    def _class_weighted(self, y, sample_weight):
        return sample_weight

    # ------------------------------------------------------------------------------------------------------- fitting

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model to data X and targets y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            A sparse one is taken as it is, or where the first layer is small written out a few batches at a time.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts.

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _check_solver(self):
        if self.solver == "lbfgs":
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def _fit(self, X, y, sample_weight=None, incremental=False):
        sizes = self._hidden_sizes()
        check_effects(self)
        self._check_overrides()
        if self.n_seeds > 1:
            return fit_members(self, "partial_fit" if incremental else "fit", X, y, sample_weight)
        first_pass = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        labels = y
        X, y = self._validate_input(X, y, incremental, reset=first_pass)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        sample_weight = self._class_weighted(labels, sample_weight)
        if y.ndim == 1:
            y = y.reshape((-1, 1))
        if not isinstance(X, np.ndarray):
            X = X.tocsr()
        self._start(X, y, sizes, first_pass)
        if self.solver == "lbfgs":
            fit_lbfgs(self, X, y, sample_weight)
        else:
            self._fit_stochastic(X, y, sample_weight, incremental)
        self._check_weights()
        return self

    def _start(self, X, y, sizes, first_pass):
        if not first_pass:
            self._check_shape(sizes, y.shape[1])
        self.n_outputs_ = y.shape[1]
        keeps_stream = not self.sklearn_quirks and not first_pass and hasattr(self, "_random_state")
        if not keeps_stream:
            self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._initialize(y, [X.shape[1], *sizes, self.n_outputs_], X.dtype)

    def _check_shape(self, sizes, outputs):
        """Whether the network that is there is the one asked for. As in scikit-learn, the solvers that go on do not mind
        other widths of as many hidden layers."""
        found = [coef.shape[1] for coef in self.coefs_[:-1]]
        if len(sizes) != len(found) or (self.solver == "lbfgs" and sizes != found):
            raise ValueError(
                f"[{type(self).__name__}] expected hidden_layer_sizes={tuple(found)}, as those of the network that is to go "
                f"on, got {self.hidden_layer_sizes!r}: fit without warm_start makes a new one."
            )
        if outputs != self.coefs_[-1].shape[1]:
            raise ValueError(
                f"[{type(self).__name__}] expected y with {self.coefs_[-1].shape[1]} outputs, as before, got {outputs}."
            )

    def _check_weights(self):
        if not np.isfinite(self._parameters().flat).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be"
                " preprocessed."
            )

    def _hidden_sizes(self):
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if np.any(np.array(sizes) <= 0):
            raise ValueError("hidden_layer_sizes must be > 0, got %s." % sizes)
        return sizes

    def _initialize(self, y, units, dtype):
        self.n_iter_ = 0
        self.t_ = 0
        self.n_outputs_ = y.shape[1]
        self.n_layers_ = len(units)
        self.out_activation_ = self._output_activation()
        coefs, intercepts = self._initial_weights(units, dtype)
        self._adopt(coefs, intercepts, dtype)
        self._best_coefs = [c.copy() for c in self.coefs_]
        self._best_intercepts = [i.copy() for i in self.intercepts_]
        if self.solver == "lbfgs":
            return
        self.loss_curve_ = []
        self._no_improvement_count = 0
        stops = self.early_stopping
        self.validation_scores_: list[float] | None = [] if stops else None
        self.validation_loss_curve_: list[float] | None = [] if stops else None
        self.best_validation_score_ = -np.inf if stops else None
        self.best_loss_ = None if stops else np.inf

    def _initial_weights(self, units, dtype):
        """Drawn layer by layer, unless they are given."""
        hidden = self._hidden_activations(len(units) - 2)
        last = hidden[-1] if hidden else self.activation
        coefs, intercepts = [], []
        for fan_in, fan_out, activation in zip(units, units[1:], (*hidden, last)):
            own = {} if isinstance(self.activation, str) else {"activation": activation}
            coef, intercept = self._init_coef(fan_in, fan_out, dtype, **own)
            coefs.append(coef)
            intercepts.append(intercept)
        return self._given("coefs_init", coefs), self._given("intercepts_init", intercepts)

    def _init_coef(self, fan_in, fan_out, dtype, activation=None):
        """A layer's weights, row by row, and then its biases, drawn in float64 (Glorot and Bengio, 2010). A subclass may
        have its own."""
        bound = math.sqrt((2.0 if (activation or self.activation) == "logistic" else 6.0) / (fan_in + fan_out))
        coef = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
        intercept = self._random_state.uniform(-bound, bound, fan_out)
        return coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)

    def _given(self, name, drawn):
        given = getattr(self, name)
        if given is None:
            return drawn
        shapes = [np.shape(array) for array in given]
        if shapes != [array.shape for array in drawn]:
            raise ValueError(f"{name} must have arrays of shapes {[a.shape for a in drawn]}, got {shapes}.")
        return given

    def _hidden_activations(self, layers):
        activations = per_layer(self.activation, layers, "activation")
        known = _engine.ACTIVATIONS | _engine.MORE_ACTIVATIONS
        for activation in activations:
            if activation not in known:
                raise ValueError(f"activation must be of {sorted(known)}, got {activation!r}.")
        return activations

    # ------------------------------------------------------------------------------------------------ the parameters

    def _adopt(self, coefs, intercepts, dtype=None):
        """Makes copies of the arrays the model's parameters."""
        self._packed = Parameters(coefs, intercepts, dtype)
        self.coefs_ = self._packed.coefs
        self.intercepts_ = self._packed.intercepts

    def _keep_as_best(self):
        """The best weights of early stopping are, from now on, whatever the weights are."""
        self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_

    def _parameters(self):
        """The parameters as one flat array: packed anew where somebody has put other arrays into the lists."""
        packed = self.__dict__.get("_packed")
        if packed is not None and packed.back(self.coefs_, self.intercepts_):
            return packed
        return Parameters(self.coefs_, self.intercepts_)

    def _hold_parameters(self):
        """The same, for training: what it writes appears in coefs_ and intercepts_."""
        packed = self._parameters()
        best_is_last = getattr(self, "_best_coefs", None) is self.coefs_
        self._packed, self.coefs_, self.intercepts_ = packed, packed.coefs, packed.intercepts
        if best_is_last:
            self._keep_as_best()
        return packed

    def _network(self, dropout=False):
        """The engine's network."""
        units = (self.coefs_[0].shape[0], *(c.shape[1] for c in self.coefs_))
        hidden = len(units) - 2
        rates = per_layer(self.dropout, hidden, "dropout") if dropout else None
        functions = (*self._hidden_activations(hidden), self.out_activation_)
        return _engine.network(units, functions, rates)

    # --------------------------------------------------------------------------------------------------- the solvers

    def _schedule(self):
        """Adam knows none."""
        name = "constant" if self.solver == "adam" else self.learning_rate
        return _engine.Schedule(name, float(self.learning_rate_init), float(self.power_t))

    def _optimizer_text(self):
        number = _engine.option
        if self.solver == "sgd":
            # A momentum of 1, which scikit-learn allows, is to the engine the largest one below.
            options = {"momentum": number(min(self.momentum, np.nextafter(1.0, 0.0)))}
            if self.nesterovs_momentum and self.momentum > 0:
                options["nesterov"] = None
        elif MOMENTS.holds(self):
            options = {"beta1": number(self.beta_1), "beta2": number(self.beta_2), "eps": number(self.epsilon)}
        else:
            options = {}
        options["lr"] = number(self.learning_rate_init)
        for name, value in (self.solver_options or {}).items():
            if name == "lr":
                raise ValueError(
                    f"[{type(self).__name__}] expected the learning rate as learning_rate_init, got it as lr."
                )
            options[name] = None if value is True else number(value)
        return f"{self.solver}:" + ",".join(n if v is None else f"{n}={v}" for n, v in options.items())

    def _mask_seed(self):
        """Of dropout, drawn only where there is any: all other draws are scikit-learn's."""
        if not np.any(np.asarray(self.dropout) > 0):
            return 0
        return int(self._random_state.randint(2**31 - 1))

    def _fit_stochastic(self, X, y, sample_weight, incremental):
        keeps_optimizer = incremental or (self.warm_start and not self.sklearn_quirks)
        if not keeps_optimizer or not hasattr(self, "_optimizer"):
            rate = float(self.learning_rate_init)
            self._optimizer = _engine.Optimizer(self._optimizer_text(), rate, schedule=self._schedule())
        Stochastic(self, X, y, sample_weight, incremental).run()

    def _tell_callbacks(self):
        """Whether one of them wants training to stop."""
        if self.callbacks is None:
            return False
        callbacks = [self.callbacks] if callable(self.callbacks) else self.callbacks
        return any([callback(self) for callback in callbacks])  # noqa: C419 (each is called)

    # ---------------------------------------------------------------------------------------------------- predicting

    def predict(self, X):
        """The most likely label of each sample, or its labels; of a regressor, the numbers that the network gives.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        self._check_fitted()
        return self._predict(X)

    def _predict(self, X, check_input=True):
        return self._decide(self._forward_pass_fast(X, check_input))

    def predict_spread(self, X):
        """The standard deviation, over the networks of ``n_seeds``, of each class's probability, or of what is predicted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        s : ndarray of shape (n_samples, n_classes), or that of a regressor's predictions
        """
        return self._shown_spread(self._spread(X))

    def _check_fitted(self):
        if "coefs_" not in self.__dict__:  # scikit-learn's own check takes as long as a prediction
            check_is_fitted(self)

    def _forward_pass_fast(self, X, check_input=True):
        """The outputs (n_samples, n_outputs)."""
        if self.n_seeds > 1 and self.ensemble == "mean":
            return np.mean(self._outputs_of_members(X), axis=0)
        if check_input and (outputs := self._outputs_of_plain(X)) is not None:
            return outputs
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._outputs(X)

    def _outputs_of_members(self, X):
        return np.stack([member._forward_pass_fast(X) for member in self.estimators_])

    def _spread(self, X):
        """The standard deviation of the members' outputs."""
        check_is_fitted(self, "estimators_")
        return self._outputs_of_members(X).std(axis=0)

    def _outputs_of_plain(self, X):
        """The outputs for the usual argument, an array or CSR matrix of the parameters' type; None for any other."""
        sparse = type(X) in CSR
        if not (sparse or type(X) is np.ndarray) or X.ndim != 2 or X.dtype.char not in "fd":
            return None
        if X.shape[0] == 0 or X.shape[1] != self.n_features_in_ or hasattr(self, "feature_names_in_"):
            return None
        theta = self._parameters().flat
        if X.dtype != theta.dtype:
            return None
        if sparse:
            return estimator.sparse_outputs_if_finite(self._network(), theta, _engine.csr_parts(X, theta.dtype))
        if not X.flags.c_contiguous:  # as rows of a wider table, scikit-learn's digits: copied sooner than checked
            X = np.ascontiguousarray(X)
        out = np.empty((X.shape[0], self.n_outputs_), theta.dtype)
        return estimator.outputs_if_finite(self._network(), theta, X, out)

    def _outputs(self, X):
        """The outputs for X as checked, in the wider of the types of X and of the parameters."""
        theta = self._parameters().flat
        dtype = np.float32 if np.result_type(X.dtype, theta.dtype) == np.float32 else np.float64
        theta = theta.astype(dtype, copy=False)
        network = self._network()
        if isinstance(X, np.ndarray):
            return estimator.outputs(network, theta, np.ascontiguousarray(X, dtype))
        return estimator.sparse_outputs(network, theta, _engine.csr_parts(X.tocsr(), dtype))

    # --------------------------------------------------------------------------------------------------------- manners

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_packed", None)
        return {**state, "_gradus_format": PICKLE_FORMAT, "_gradus_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        found = state.pop("_gradus_format", None)
        version = state.pop("_gradus_version", "unknown")
        if found != PICKLE_FORMAT:
            raise ValueError(
                f"[{type(self).__name__}] expected a pickle of format {PICKLE_FORMAT}, as gradus {__version__} writes, "
                f"got format {found} of gradus {version}: load it with that version, or fit the model again."
            )
        super().__setstate__(state)
        if hasattr(self, "coefs_"):
            best_is_last = state.get("_best_coefs") is state["coefs_"]
            self._adopt(self.coefs_, self.intercepts_)
            if best_is_last:
                self._keep_as_best()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "coefs_")
