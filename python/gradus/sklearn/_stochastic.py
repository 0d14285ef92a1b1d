# SPDX-License-Identifier: MIT
"""Training by the solvers that step along a gradient, an epoch of the engine at a time."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from .._core import estimator
from ._engine import csr_parts
from ._table import LOSS_COMES_FIRST
from ._validation_score import ValidationSet

# Scikit-learn has asked for two samples since its regressor has a `loss`, 1.7.
LEAST_VALIDATION = 2 if LOSS_COMES_FIRST else 1
# Multiplications and additions of one call of the engine, about 0.1 s: Ctrl-C is heard between two calls.
WORK_PER_CALL = 2_000_000_000
# Samples in the orders of the epochs of one call: 1 MB of indices.
ORDERED_PER_CALL = 2**17
# Numbers of a sparse matrix that are written out at once, where the engine does not take it as it is.
DENSE_NUMBERS = 4_000_000


def warn_of_max_iter(est):
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the optimization hasn't converged yet.",
        ConvergenceWarning,
    )


def warn_of_interrupt():
    warnings.warn("Training interrupted by user.")


class Stochastic:
    """One call of fit or partial_fit.

    Parameters
    ----------
    estimator : the estimator, whose attributes are kept up to date epoch by epoch
    X : ndarray or CSR matrix of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs), bool for a classifier
    sample_weight : ndarray of shape (n_samples,) or None
    incremental : bool
        One epoch only.
    """

    def __init__(self, estimator, X, y, sample_weight, incremental):
        self.est = estimator
        self.incremental = incremental
        self.validation: Any = None
        self.parameters = estimator._hold_parameters()
        dtype = self.parameters.flat.dtype
        if estimator.early_stopping:
            if incremental:
                raise ValueError("partial_fit does not support early_stopping=True")
            X, y, sample_weight = self._split(X, y, sample_weight)
        self.sparse = not isinstance(X, np.ndarray)
        self.csr: Any = None  # X as the engine takes it
        self.X: Any = X if self.sparse else np.ascontiguousarray(X, dtype)
        self.y = np.ascontiguousarray(y, dtype)
        self.weights = np.empty(0, dtype) if sample_weight is None else np.ascontiguousarray(sample_weight, dtype)
        self.loss = estimator._engine_loss()
        self.constants = self.loss.constant and self.loss.constant(np.asarray(y, np.float64))
        self.batch = self._batch_size()

    def _split(self, X, y, sample_weight):
        est = self.est
        arrays = (X, y) if sample_weight is None else (X, y, sample_weight)
        parts = train_test_split(
            *arrays,
            random_state=est._random_state,
            test_size=est.validation_fraction,
            stratify=y if is_classifier(est) and est.n_outputs_ == 1 else None,
        )
        X_val, y_val = parts[1], parts[3]
        if X_val.shape[0] < LEAST_VALIDATION:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        self.validation = ValidationSet(
            est, self.parameters.flat, X_val, y_val, None if sample_weight is None else parts[5]
        )
        return parts[0], parts[2], None if sample_weight is None else parts[4]

    def _batch_size(self):
        n = self.X.shape[0]
        if self.est.batch_size == "auto":
            return min(200, n)
        if self.est.batch_size > n:
            warnings.warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
        return int(np.clip(self.est.batch_size, 1, n))

    def run(self):
        est = self.est
        optimizer = est._optimizer
        mask_seed = est._mask_seed()
        network = est._network(dropout=True)
        self.order = np.arange(self.X.shape[0])
        est.n_iter_ = 0
        stop = False
        try:
            while est.n_iter_ < est.max_iter and not stop:
                trainer = optimizer.trainer(
                    self.parameters.flat, network, self.loss, float(est.alpha), self.batch, mask_seed
                )
                if self.sparse and self.csr is None and trainer.takes_sparse(len(self.order)):
                    self.csr = csr_parts(self.X, self.y.dtype)
                self._count(self._epochs(trainer))
                stop = self._end_epochs(optimizer) or self.incremental
            if est.n_iter_ == est.max_iter and not stop:
                warn_of_max_iter(est)
        except KeyboardInterrupt:
            warn_of_interrupt()
        if self.validation:
            est._adopt(est._best_coefs, est._best_intercepts)
            if est.sklearn_quirks:
                est._keep_as_best()  # a warm start then trains the best weights with the others

    def _epochs(self, trainer):
        """Trains; the sums over the samples of the engine's loss and of the penalty, for each epoch made."""
        est = self.est
        n = len(self.order)
        work = self._work()
        if (self.sparse and self.csr is None) or work > WORK_PER_CALL:
            return [self._epoch_in_parts(trainer)]
        bits = est._random_state._bit_generator if est.shuffle else None
        count = self._epochs_unseen(min(WORK_PER_CALL // work, ORDERED_PER_CALL // n))
        train, X = (trainer.epochs, self.X) if self.csr is None else (trainer.sparse_epochs, self.csr)
        means = train(self.parameters.flat, X, self.y, self.weights, self.order, bits, count)
        return [(mean * n, penalty * n) for mean, penalty in means]

    def _work(self):
        """Multiplications and additions of an epoch, about."""
        parameters, n = self.parameters.flat.size, len(self.order)
        if self.csr is None:
            return 3 * parameters * n
        first = self.est.coefs_[0]
        updates = -(-n // self.batch)
        return 3 * (self.X.nnz * first.shape[1] + (parameters - first.size) * n + parameters * updates)

    def _epochs_unseen(self, most):
        """How many can be made in a row: nothing but the loss is looked at, and it cannot stall before the last."""
        est = self.est
        looks = est.verbose or est.callbacks is not None or self.validation or self.incremental
        if looks or est._optimizer.schedule.name == "invscaling" or self._constant_varies():
            return 1
        before_stall = est.n_iter_no_change + 1 - est._no_improvement_count
        return int(max(1, min(before_stall, est.max_iter - est.n_iter_, most)))

    def _epoch_in_parts(self, trainer):
        est = self.est
        if est.shuffle:
            shuffled = np.arange(len(self.order))
            est._random_state.shuffle(shuffled)
            self.order = self.order[shuffled]
        data = penalty = 0.0
        for part in self._parts():
            train = trainer.epoch if self.csr is None else trainer.sparse_epoch
            mean, mean_penalty = train(self.parameters.flat, *self._samples(part))
            data += mean * len(part)
            penalty += mean_penalty * len(part)
        return data, penalty

    def _count(self, sums):
        est = self.est
        n = len(self.order)
        unit, constant = self.loss.unit, self._constant()
        losses = [np.float64((data * unit + penalty + constant) / n) for data, penalty in sums]
        est.n_iter_ += len(losses)
        est.t_ += n * len(losses)
        est.loss_ = losses[-1]
        est.loss_curve_.extend(losses)
        if not self.validation:
            self._look_at(losses)

    def _parts(self):
        """The order of the samples, cut between batches."""
        batches = int(WORK_PER_CALL / (self._work() / len(self.order) * self.batch))
        if self.sparse and self.csr is None:
            batches = min(batches, DENSE_NUMBERS // (self.batch * self.X.shape[1]))
        size = max(1, batches) * self.batch
        return (self.order[first : first + size] for first in range(0, len(self.order), size))

    def _samples(self, part):
        """What the engine takes: samples, targets, weights, and in which order."""
        if not self.sparse or self.csr is not None:
            return self.X if self.csr is None else self.csr, self.y, self.weights, part
        dense = self.X[part].toarray().astype(self.y.dtype, copy=False)
        weights = self.weights[part] if len(self.weights) else self.weights
        return dense, self.y[part], weights, self.order[:0]

    def _constant_varies(self):
        """From epoch to epoch, with the batches that the samples fall into."""
        return self.constants is not None and len(self.weights) > 0

    def _constant(self):
        """What the targets alone add to the loss, summed over the epoch's samples."""
        if self.constants is None:
            return 0.0
        if not self._constant_varies():
            return float(self.constants.sum())
        constants = self.constants[self.order]
        starts = np.arange(0, len(self.order), self.batch)
        weights = self.weights[self.order].astype(np.float64)
        counts = np.diff(np.append(starts, len(self.order)))
        total = np.add.reduceat(weights, starts)
        sums = np.add.reduceat(weights * constants, starts)
        return float((counts * np.divide(sums, total, out=np.zeros_like(sums), where=total != 0)).sum())

    def _look_at(self, losses):
        est = self.est
        best, est._no_improvement_count = estimator.stall(losses, est.best_loss_, est._no_improvement_count, est.tol)
        est.best_loss_ = np.float64(best)

    def _end_epochs(self, optimizer):
        """Whether training ends here."""
        est = self.est
        if est.verbose:
            print("Iteration %d, loss = %.8f" % (est.n_iter_, est.loss_))
        if self.validation:
            self._look_at_validation_set()
        if optimizer.schedule.name == "invscaling":
            optimizer.learning_rate = optimizer.schedule.rate(est.t_)
        stop = est._tell_callbacks()
        if est._no_improvement_count > est.n_iter_no_change:
            if self._stalled(optimizer):
                return True
            est._no_improvement_count = 0
        return stop

    def _look_at_validation_set(self):
        est = self.est
        score, loss = self.validation.score_and_loss(self.parameters.flat)
        est.validation_scores_.append(score)
        est.validation_loss_curve_.append(loss)
        if est.verbose:
            print("Validation score: %f" % score)
        best, count = est.best_validation_score_, est._no_improvement_count
        _, est._no_improvement_count = estimator.stall([score], best, count, est.tol, scores=True)
        if score > best:
            est.best_validation_score_ = score
            est._best_coefs = [c.copy() for c in est.coefs_]
            est._best_intercepts = [i.copy() for i in est.intercepts_]

    def _stalled(self, optimizer):
        """Ends training, unless the adaptive schedule has a smaller learning rate to try."""
        est = self.est
        what = "Validation score" if self.validation else "Training loss"
        message = "%s did not improve more than tol=%f for %d consecutive epochs." % (
            what,
            est.tol,
            est.n_iter_no_change,
        )
        end = " Stopping."
        stop = True
        if optimizer.schedule.name == "adaptive":
            if optimizer.learning_rate <= 1e-6:
                end = " Learning rate too small. Stopping."
            else:
                optimizer.learning_rate /= 5.0
                end = " Setting learning rate to %f" % optimizer.learning_rate
                stop = False
        if est.verbose:
            print(message + end)
        return stop
