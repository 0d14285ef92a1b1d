# SPDX-License-Identifier: MIT
"""The rule of when a training no longer gets better, as `gradus.sklearn` asks it of the library, beside scikit-learn's lines."""

import itertools
import math

import pytest
from gradus._core import estimator

VALUES = [3.0, 2.0, 1.999, 2.0005, 1.0, 1.0, 4.0, 0.5, math.nan, 0.75, 0.25, math.inf, 0.25, -math.inf]


def of_losses(values, best, bad, tol):
    """_update_no_improvement_count of sklearn.neural_network._multilayer_perceptron, without a validation set."""
    for value in values:
        if value > best - tol:
            bad += 1
        else:
            bad = 0
        if value < best:
            best = value
    return best, bad


def of_scores(values, best, bad, tol):
    """The same with one."""
    for value in values:
        if value < best + tol:
            bad += 1
        else:
            bad = 0
        if value > best:
            best = value
    return best, bad


@pytest.mark.parametrize("tol", [0.0, 1e-3, 0.5, math.inf])
@pytest.mark.parametrize("scores", [False, True])
def test_a_stall_is_counted_as_scikit_learn_counts_it(scores, tol):
    rule, worst = (of_scores, -math.inf) if scores else (of_losses, math.inf)
    for length in (0, 1, 2, 5, len(VALUES)):
        for values in itertools.islice(itertools.permutations(VALUES, length), 50):
            for best, bad in [(worst, 0), (1.5, 3)]:
                found = estimator.stall(list(values), best, bad, tol, scores=scores)
                assert found == rule(values, best, bad, tol), values


def test_values_given_one_by_one_are_counted_as_all_at_once():
    best, bad = math.inf, 0
    for value in VALUES:
        best, bad = estimator.stall([value], best, bad, 1e-3)
    assert (best, bad) == estimator.stall(VALUES, math.inf, 0, 1e-3)


def test_a_loss_that_falls_by_less_than_the_tolerance_is_the_best_and_no_improvement():
    assert estimator.stall([1.0, 0.999], math.inf, 0, 0.01) == (0.999, 1)
    assert estimator.stall([1.0, 0.98], math.inf, 0, 0.01) == (0.98, 0)
    assert estimator.stall([0.999, 1.0], -math.inf, 0, 0.01, scores=True) == (1.0, 1)
