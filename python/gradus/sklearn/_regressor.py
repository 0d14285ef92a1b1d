# SPDX-License-Identifier: MIT
from scipy.special import xlogy
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils.metaestimators import available_if

from ._arguments import estimator
from ._base import BaseMLP
from ._engine import Loss, engine_name
from ._table import TABLE


def _poisson_constant(y):
    """What the deviance y log(y / p) - y + p has beside p - y log p."""
    return (xlogy(y, y) - y).sum(axis=1)


@estimator(TABLE)
class MLPRegressor(RegressorMixin, BaseMLP):
    """A multi-layer perceptron that predicts numbers, in place of ``sklearn.neural_network.MLPRegressor``.

    The parameters up to ``max_fun`` are scikit-learn's and mean what they mean there; those below are Gradus's own, and
    at their defaults everything is as in scikit-learn (docs/sklearn.md).

    Parameters
    ----------
    {parameters}

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

    def _validate_input(self, X, y, incremental, reset):
        return self._validated(X, y, reset, y_numeric=True)

    def _output_activation(self):
        return "exp" if self.loss == "poisson" else "identity"

    def _engine_loss(self):
        """The engine's means are over samples and outputs; scikit-learn descends sums over the outputs."""
        outputs = self.n_outputs_
        if self.loss == "poisson":
            return Loss("poisson", factor=outputs, constant=_poisson_constant)
        if self.loss == "huber":
            return Loss(f"huber:delta={float(self.huber_delta)!r}")
        if self.loss != "squared_error":
            return Loss(engine_name(self.loss))
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
