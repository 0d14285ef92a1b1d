# SPDX-License-Identifier: MIT
"""Models as scikit-learn's own, and back, for tools that go by the class."""

from copy import deepcopy
from inspect import signature

import numpy as np
import sklearn.neural_network
from sklearn.base import BaseEstimator
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils.validation import check_is_fitted

from .._core import Model, Network
from ._engine import Optimizer, Schedule
from ._parameters import Parameters

# What a fit leaves on both, where it leaves it.
SHARED = [
    "n_features_in_",
    "feature_names_in_",
    "classes_",
    "_label_binarizer",
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "_no_improvement_count",
    "_random_state",
]
OPTIMIZERS = {"adam": AdamOptimizer, "sgd": SGDOptimizer}
WEIGHTS = ["coefs_", "intercepts_", "_best_coefs", "_best_intercepts"]


class Exchange(BaseEstimator):
    """Of an estimator that takes the place of scikit-learn's of the same name."""

    def to_sklearn(self):
        """This model as one of scikit-learn's class: it predicts the same, and learns on from where this one stands.

        Nothing is shared with it. What scikit-learn does not know, such as dropout or another solver, is refused; of an
        ensemble, each of `estimators_` can be had.

        Returns
        -------
        model : sklearn.neural_network.MLPClassifier or MLPRegressor
        """
        check_is_fitted(self)
        make = getattr(sklearn.neural_network, self._place_of())
        settings = deepcopy(self.get_params(deep=False))
        activations = set(self._hidden_activations(self.n_layers_ - 2)) or {self.activation}
        if len(activations) == 1:
            settings["activation"] = activations.pop()
        known = signature(make).parameters
        for argument in self._arguments:
            if argument.name in known:
                continue
            value = settings.pop(argument.name)
            if argument.is_asked_for(value):
                raise ValueError(
                    f"[{type(self).__name__}.to_sklearn] expected {argument.name}={argument.default!r}, for scikit-learn has "
                    f"no such parameter, got {value!r}."
                )
        model = make(**settings)
        model._validate_params()  # refuses what scikit-learn does not know, in its words
        vars(model).update(deepcopy({name: vars(self)[name] for name in (*SHARED, *WEIGHTS) if name in vars(self)}))
        if hasattr(self, "_optimizer") and self._optimizer.text.startswith(f"{self.solver}:"):
            model._optimizer = self._optimizer_to_sklearn(model)
        return model

    def to_onnx(self, *, precision="float32", opset=18):
        """This model as an ONNX file: of a classifier `probabilities` and `label`, the classes as texts, of a regressor
        `prediction`, for an input `x` of rows.

        Parameters
        ----------
        precision : {'float32', 'float64'}
        opset : int
            The version of ONNX's operators, 17 to 22.

        Returns
        -------
        file : bytes
        """
        check_is_fitted(self)
        where = f"[{type(self).__name__}.to_onnx]"
        if "estimators_" in vars(self):
            raise ValueError(f"{where} expected a single model, got an ensemble; each of `estimators_` can be had.")
        binarizer = getattr(self, "_label_binarizer", None)
        if binarizer is not None and binarizer.y_type_.startswith("multilabel"):
            raise ValueError(f"{where} expected one label a sample, got a model that gives each sample several.")
        text = {"loss": "mse"} if binarizer is None else {"class_names": [str(name) for name in self.classes_]}
        model = Model(Network(str(self._network())), self._parameters().flat, **text)
        return model.to_onnx(precision=precision, opset=opset)

    @classmethod
    def from_sklearn(cls, model):
        """A fitted model of scikit-learn's class as one of this: it predicts the same, and learns on from where that
        stands.

        Nothing is shared with it.

        Parameters
        ----------
        model : sklearn.neural_network.MLPClassifier or MLPRegressor, fitted

        Returns
        -------
        self : object
        """
        expected = getattr(sklearn.neural_network, cls._place_of())
        if not isinstance(model, expected) or isinstance(model, Exchange):
            raise TypeError(
                f"[{cls.__name__}.from_sklearn] expected a model of sklearn.neural_network.{expected.__name__}, got one of "
                f"{type(model).__module__}.{type(model).__name__}."
            )
        check_is_fitted(model)
        made = cls(**deepcopy(model.get_params(deep=False)))
        state = deepcopy({name: vars(model)[name] for name in (*SHARED, *WEIGHTS) if name in vars(model)})
        made.__dict__.update(state)
        made._adopt(made.coefs_, made.intercepts_)
        if state["_best_coefs"] is state["coefs_"]:
            made._keep_as_best()
        scores = state.get("validation_scores_")
        made.validation_loss_curve_ = None if scores is None else [np.nan] * len(scores)  # not known
        if type(getattr(model, "_optimizer", None)) is OPTIMIZERS.get(model.solver, object):
            made._optimizer = made._optimizer_from_sklearn(model._optimizer)
        return made

    @classmethod
    def _place_of(cls):
        """The name of scikit-learn's class in whose place it stands: a subclass may have another."""
        return next(base.__name__ for base in cls.__mro__ if "_arguments" in vars(base))

    def _optimizer_to_sklearn(self, model):
        memory = self._optimizer.memory()
        slots, steps = ([], 0) if memory is None else memory
        packed = Parameters(self.coefs_, self.intercepts_)
        pieces = [packed.views_of(np.array(slot)) for slot in slots]
        lists = [[*views[0::2], *views[1::2]] for views in pieces]  # as coefs_ + intercepts_
        params = model.coefs_ + model.intercepts_
        if self.solver == "adam":
            optimizer = AdamOptimizer(params, self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
            optimizer.t = steps
            if lists:
                optimizer.ms, optimizer.vs = lists
            return optimizer
        schedule = self._optimizer.schedule
        optimizer = SGDOptimizer(
            params, schedule.first, schedule.name, self.momentum, self.nesterovs_momentum, schedule.power
        )
        optimizer.learning_rate = self._optimizer.learning_rate
        if lists:
            (optimizer.velocities,) = lists
        return optimizer

    def _optimizer_from_sklearn(self, optimizer):
        def flat(arrays):
            layers = len(self.coefs_)
            return Parameters(arrays[:layers], arrays[layers:], self.coefs_[0].dtype).flat

        if isinstance(optimizer, AdamOptimizer):
            memory = [flat(optimizer.ms), flat(optimizer.vs)], optimizer.t
            return Optimizer(self._optimizer_text(), float(optimizer.learning_rate_init), memory)
        memory = ([flat(optimizer.velocities)] if self.momentum > 0 else []), 0
        schedule = Schedule(optimizer.lr_schedule, float(optimizer.learning_rate_init), float(optimizer.power_t))
        return Optimizer(self._optimizer_text(), float(optimizer.learning_rate), memory, schedule)
