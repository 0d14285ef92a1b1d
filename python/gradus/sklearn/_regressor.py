# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# It builds on classes of scikit-learn, which have no types; what users see of it has, in __init__.pyi.
from numbers import Real

from scipy.special import xlogy
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from ._base import BaseMLP
from ._engine import Loss


def _poisson_constant(y):
    """What the deviance y log(y / p) - y + p has beside p - y log p."""
    return (xlogy(y, y) - y).sum(axis=1)


class MLPRegressor(RegressorMixin, BaseMLP):
    """A multi-layer perceptron that predicts numbers, in place of ``sklearn.neural_network.MLPRegressor``.

    The parameters up to ``max_fun`` are scikit-learn's and mean what they mean there; those below are Gradus's own, and
    at their defaults everything is as in scikit-learn (docs/sklearn.md).

    Parameters
    ----------
    loss : {"squared_error", "poisson", "absolute_error", "huber"}, default="squared_error"
        Half the squared error or half the Poisson deviance, as in scikit-learn; the absolute error; Huber's loss, which
        is half the squared error up to an error of `huber_delta` and grows linearly beyond.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, \
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping, \
    validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As in scikit-learn, and with more activations and solvers, as those of `MLPClassifier`.
    huber_delta : float, default=1
        In units of y.
    dropout, solver_options, scoring, callbacks, coefs_init, intercepts_init, n_seeds, ensemble, sklearn_quirks
        As those of `MLPClassifier`; without `scoring` early stopping looks at R^2.

    Attributes
    ----------
    loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_, coefs_, intercepts_, \
    n_features_in_, feature_names_in_, n_iter_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    validation_loss_curve_, estimators_, best_index_
        As those of `MLPClassifier`.

    Examples
    --------
    >>> from gradus.sklearn import MLPRegressor
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), activation="identity", solver="lbfgs", alpha=0, random_state=0)
    >>> model.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(3)
    array([7.])
    """

    _parameter_constraints = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber"})],
        "huber_delta": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        huber_delta=1.0,
        dropout=0.0,
        solver_options=None,
        scoring=None,
        callbacks=None,
        coefs_init=None,
        intercepts_init=None,
        n_seeds=1,
        ensemble="mean",
        sklearn_quirks=True,
    ):
        self._keep(locals())

    def _validate_input(self, X, y, incremental, reset):
        return self._validated(X, y, reset, y_numeric=True)

    def _output_activation(self):
        return "exp" if self.loss == "poisson" else "identity"

    def _engine_loss(self):
        """The engine's means are over samples and outputs; scikit-learn descends sums over the outputs."""
        outputs = self.n_outputs_
        if self.loss == "poisson":
            return Loss("poisson", factor=outputs, constant=_poisson_constant)
        if self.loss == "absolute_error":
            return Loss("mae")
        if self.loss == "huber":
            return Loss(f"huber:delta={float(self.huber_delta)!r}")
        if self.sklearn_quirks:  # descends outputs times what it reports
            return Loss("mse", factor=outputs / 2, unit=1 / outputs)
        return Loss("mse", factor=0.5)

    @available_if(lambda est: est.sklearn_quirks or est._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """One epoch more, from where the model stands.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _decide(self, outputs):
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _shown_spread(self, spread):
        return self._decide(spread)
