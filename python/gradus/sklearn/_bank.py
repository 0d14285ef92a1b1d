# SPDX-License-Identifier: MIT
"""Members of an ensemble that are trained together, in a bank of the engine."""

from itertools import chain

import numpy as np
from scipy.sparse import issparse

from .._core import estimator
from ._engine import Optimizer
from ._stochastic import WORK_PER_CALL, Stochastic, warn_of_interrupt, warn_of_max_iter

# Parameters up to which fits of 32 members were faster, by a tenth at least or by a twentieth with batches of 64: with
# 10, 30 and 100 hidden units on iris and digits, batches of 5 to 200, on AVX-512. A bank reads a weight once for four
# samples, a fit of its own once for a batch.
MOST_PARAMETERS = 1000
MOST_IN_SMALL_BATCHES = 2500
SMALL_BATCH = 32


def pays(parameters, batch):
    """Whether a bank is faster than fits one by one."""
    return parameters <= (MOST_IN_SMALL_BATCHES if batch <= SMALL_BATCH else MOST_PARAMETERS)


def bank_of(members, X, y, sample_weight=None):
    """A bank that makes of the first members, or of all, what their own fit would; None if none does, or it is slower.

    Parameters
    ----------
    members : list of estimators that differ in random_state alone and have not been fitted
    X, y, sample_weight : as for fit
    """
    if why_not(members[0], X, sample_weight):
        return None
    bank = Bank(members, X, y)
    return bank if bank.count else None


# The parameters that a bank knows, whatever they are; one that is not named here is at its default, has no effect, or
# there is no bank.
KNOWN = {
    "activation",
    "alpha",
    "batch_size",
    "beta_1",
    "beta_2",
    "coefs_init",
    "ensemble",
    "epsilon",
    "hidden_layer_sizes",
    "huber_delta",
    "intercepts_init",
    "learning_rate_init",
    "loss",
    "max_iter",
    "momentum",
    "n_iter_no_change",
    "n_seeds",
    "nesterovs_momentum",
    "random_state",
    "shuffle",
    "sklearn_quirks",
    "solver",
    "solver_options",
    "tol",
}


def why_not(est, X, sample_weight):
    """Why members like this one are not fitted in a bank, whatever its networks are; None if nothing speaks against it."""
    if not type(est).__module__.startswith("gradus."):
        return "a subclass may train in a way of its own"
    if est.solver == "lbfgs":
        return "lbfgs finds its own steps"
    for argument in est._arguments:
        value = getattr(est, argument.name)
        has_effect = argument.only is None or argument.only.holds(est)
        if argument.name not in KNOWN and has_effect and argument.is_asked_for(value):
            return f"it does not know {argument.name}={value!r}"
    if sample_weight is not None:
        return "samples have weights"
    if issparse(X):
        return "samples are sparse"
    return None


class Bank:
    """Fits several estimators at once.

    Parameters
    ----------
    members : list of estimators that differ in random_state alone
    X, y : as for fit

    Attributes
    ----------
    count : int
        So many of the members, the first ones, it takes.
    """

    def __init__(self, members, X, y):
        self.first = members[0]
        sizes = self.first._hidden_sizes()
        X, y = self.first._validate_input(X, y, incremental=False, reset=True)
        y = y.reshape((-1, 1)) if y.ndim == 1 else y
        self.start = X, y, sizes, True
        self.learned = {k: v for k, v in vars(self.first).items() if k not in self.first._get_param_names()}
        self.first._start(*self.start)
        self.data = Stochastic(self.first, X, y, None, incremental=False)
        single = self.data.parameters.flat.dtype == np.float32
        self.engine = estimator.Ensemble32 if single else estimator.Ensemble64
        self.lanes = estimator.LANES32 if single else estimator.LANES64
        self.members = members[: self._count(len(members))]
        self.count = len(self.members)

    def _count(self, members):
        """Lanes that are idle take as long as the others: a block is to be three quarters full."""
        est, data = self.first, self.data
        if self.engine.why_not(est._network(), data.loss.text, est._optimizer_text()) or data.loss.constant:
            return 0
        if not (est.shuffle or self._is_whole()):
            return 0
        if not pays(data.parameters.flat.size, data.batch):
            return 0
        rest = members % self.lanes
        return members if 4 * rest >= 3 * self.lanes else members - rest

    def _is_whole(self):
        return self.data.batch == len(self.data.X)

    def parts(self, jobs):
        """The members in so many parts, or fewer, of whole blocks."""
        blocks = [self.members[k : k + self.lanes] for k in range(0, self.count, self.lanes)]
        share = -(-len(blocks) // jobs)
        return [list(chain(*blocks[k : k + share])) for k in range(0, len(blocks), share)]

    def fit(self, members):
        est, data = self.first, self.data
        for member in members:
            if member is not est:
                vars(member).update(self.learned)
                member._start(*self.start)
        parameters = [member._hold_parameters().flat for member in members]
        # To a batch of all samples their order is rounding, and the stream is not drawn from again but without quirks.
        ordered = self._is_whole() and (est.sklearn_quirks or not est.shuffle)
        streams = [] if ordered else [member._random_state.get_state(legacy=False) for member in members]
        bank = self.engine(
            est._network(),
            data.loss.text,
            data.loss.factor,
            data.loss.unit,
            est._optimizer_text(),
            float(est.learning_rate_init),
            float(est.alpha),
            0 if ordered else data.batch,
            data.X,
            data.y,
            parameters,
            [(stream["state"]["key"], stream["state"]["pos"]) for stream in streams],
            float(est.tol),
            float(est.n_iter_no_change),
            est.max_iter,
        )
        work = 3 * parameters[0].size * len(data.X) * len(members)
        interrupted = False
        try:
            while bank.run(max(1, WORK_PER_CALL // work)):
                pass
        except KeyboardInterrupt:
            interrupted = True
            warn_of_interrupt()
            bank.end()
        for k, member in enumerate(members):
            self._finish(member, bank.member(k), parameters[k], streams[k] if streams else None, interrupted)

    def _finish(self, member, result, parameters, stream, interrupted):
        """The attributes as a fit of its own would leave them."""
        parameters[...] = result.parameters()
        losses = [np.float64(loss) for loss in result.loss_curve]
        member.loss_curve_ = losses
        member.n_iter_ = len(losses)
        member.t_ = len(self.data.X) * len(losses)
        if losses:
            member.loss_ = losses[-1]
        member.best_loss_, member._no_improvement_count = np.float64(result.best_loss), result.no_improvement_count
        member._optimizer = Optimizer(
            member._optimizer_text(), float(member.learning_rate_init), result.optimizer(), member._schedule()
        )
        if stream:
            stream["state"]["key"], stream["state"]["pos"] = result.stream()
            member._random_state.set_state(stream)
        converged = member._no_improvement_count > member.n_iter_no_change
        if member.n_iter_ == member.max_iter and not converged and not interrupted:
            warn_of_max_iter(member)
        member._check_weights()
