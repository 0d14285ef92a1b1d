# SPDX-License-Identifier: MIT
"""Several networks from several seeds behind one estimator."""

from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from ._bank import bank_of

# What the best member shows as the estimator's own, if it has it.
SHOWN = [
    "loss_",
    "best_loss_",
    "loss_curve_",
    "validation_scores_",
    "validation_loss_curve_",
    "best_validation_score_",
    "t_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
    "_label_binarizer",
    "_no_improvement_count",
]


def seeds(random_state, count):
    """Seed k is random_state + k, so that each member is the model one gets from that seed; else drawn."""
    if isinstance(random_state, (int, np.integer)):
        return [int(random_state) + k for k in range(count)]
    return [int(s) for s in check_random_state(random_state).randint(2**31 - 1, size=count)]


def fit_members(estimator, method, *args, **kwargs):
    """Calls fit or partial_fit of every member, or fits them in a bank, in threads where joblib's settings say so."""
    est = estimator
    keeps = hasattr(est, "estimators_") and (method == "partial_fit" or est.warm_start)
    if not keeps:
        est.estimators_ = [
            clone(est).set_params(n_seeds=1, ensemble="mean", random_state=seed)
            for seed in seeds(est.random_state, est.n_seeds)
        ]
    bank = None if keeps or method != "fit" else bank_of(est.estimators_, *args, **kwargs)
    calls = [delayed(bank.fit)(part) for part in bank.parts(effective_n_jobs(None))] if bank else []
    calls += [delayed(getattr(m, method))(*args, **kwargs) for m in est.estimators_[bank.count if bank else 0 :]]
    Parallel(require="sharedmem")(calls)
    est.best_index_ = best(est.estimators_)
    shown = est.estimators_[est.best_index_]
    for name in SHOWN:
        if hasattr(shown, name):
            setattr(est, name, getattr(shown, name))
    est._adopt(shown.coefs_, shown.intercepts_)
    return est


def best(members):
    """The index of the member with the best validation score, or else the least loss."""
    scores: list[Any] = [getattr(m, "best_validation_score_", None) for m in members]
    if scores[0] is not None:
        return int(np.argmax(scores))
    return int(np.argmin([m.loss_ for m in members]))
