# SPDX-License-Identifier: MIT
import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels

from ._arguments import estimator
from ._base import BaseMLP
from ._engine import Loss
from ._ensemble import fit_members
from ._table import TABLE, check_effects


def fitted_binarizer(y):
    """LabelBinarizer().fit(y), at a tenth of the time where y is plainly whole numbers of few classes."""
    binarizer = LabelBinarizer()
    if y.ndim != 1 or y.dtype.kind not in "biu" or not len(y):
        return binarizer.fit(y)
    classes = np.unique(y)
    if len(classes) > len(y) / 2:  # about which scikit-learn may have something to say
        return binarizer.fit(y)
    binarizer.classes_ = classes
    binarizer.y_type_ = "multiclass" if len(classes) > 2 else "binary"
    binarizer.sparse_input_ = False
    return binarizer


@estimator(TABLE)
class MLPClassifier(ClassifierMixin, BaseMLP):
    """A multi-layer perceptron that classifies, in place of ``sklearn.neural_network.MLPClassifier``.

    The parameters up to ``max_fun`` are scikit-learn's and mean what they mean there; those below are Gradus's own, and
    at their defaults everything is as in scikit-learn (docs/sklearn.md).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_, loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_, coefs_, intercepts_, \
    n_features_in_, feature_names_in_, n_iter_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    validation_loss_curve_ : list of float or None
        With early stopping, the loss of the validation set after each epoch.
    estimators_ : list of MLPClassifier
        The `n_seeds` networks; the attributes above are those of the best.
    best_index_ : int
        Which of them that is.

    Examples
    --------
    >>> from gradus.sklearn import MLPClassifier
    >>> model = MLPClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
    >>> model.fit([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]).predict([[0.0, 1.0]])
    array([1])
    """

    loss = "log_loss"

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validated(X, y, reset)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = fitted_binarizer(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y))
        if not self.sklearn_quirks and len(self.classes_) < 2:
            raise ValueError(f"[MLPClassifier] expected at least two classes, got {self.classes_}.")
        return X, self._indicators(y)

    def _indicators(self, y):
        """y as truth values, one column a class; of two classes, the second's."""
        if y.ndim > 1:  # of several labels a sample, maybe sparse
            return self._label_binarizer.transform(y).astype(bool)
        if self._label_binarizer.y_type_ == "multiclass":
            return y[:, np.newaxis] == self.classes_
        return (y == self.classes_[-1])[:, np.newaxis] & (len(self.classes_) == 2)

    def _check_classes(self, classes):
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _class_weighted(self, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        weights = compute_sample_weight(self.class_weight, y)
        return weights if sample_weight is None else weights * sample_weight

    def _output_activation(self):
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _engine_loss(self):
        cut = ":cut" if self.sklearn_quirks else ""
        if self.out_activation_ == "softmax":
            return Loss("cross-entropy" + cut)
        return Loss(("binary-cross-entropy" if self.n_outputs_ == 1 else "multi-label-cross-entropy") + cut)

    def _decide(self, outputs):
        if self.out_activation_ == "softmax":
            return self.classes_[outputs.argmax(axis=1)]
        sides = (outputs > 0.5).astype(int)
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.inverse_transform(sides)
        return self.classes_[np.minimum(sides.ravel(), len(self.classes_) - 1)]

    def _shown_spread(self, spread):
        return np.hstack([spread, spread]) if self.n_outputs_ == 1 else spread

    @available_if(lambda est: est._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """One epoch more, from where the model stands.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            All classes there will ever be: needed at the first call, and not again.

        Returns
        -------
        self : object
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "[MLPClassifier] expected class weights as a dict for partial_fit: 'balanced' needs to see all samples."
            )
        if self.n_seeds > 1:
            check_effects(self)
            return fit_members(self, "partial_fit", X, y, sample_weight, classes)
        if _check_partial_fit_first_call(self, classes):
            multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict_proba(self, X):
        """The probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
        """
        self._check_fitted()
        outputs = self._forward_pass_fast(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X):
        """The logarithm of `predict_proba`."""
        p = self.predict_proba(X)
        return np.log(p, out=p)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
