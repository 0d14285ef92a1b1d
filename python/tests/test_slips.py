# SPDX-License-Identifier: MIT
"""Gradients with one slip each, as people write them (bench/slips.py): found, and named, in every kind of layer."""

import collections
import sys
from pathlib import Path

import gradus as gd
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(BENCH))
    try:
        import gradient_checkers
        import slips
        from slips import training
    finally:
        sys.path.remove(str(BENCH))
    return slips, gradient_checkers.NAMES, training


def test_slips_are_found_and_four_in_five_of_each_kind_are_named(bench):
    slips, names, _ = bench
    planted, named, otherwise = collections.Counter(), collections.Counter(), []
    for fault in slips.faults():
        net = slips.Net(fault.network)
        wrong = net.gradient(fault.slip, fault.place)
        found = gd.check(gd.Network(net.text), net.theta, net.x, net.labels, gradient=wrong)
        assert found.verdict == "wrong", fault
        kind = found.diagnoses[0].kind
        planted[fault.kind] += 1
        if kind in names.get(fault.slip, set()) | {fault.slip}:
            named[fault.kind] += 1
        elif kind:
            otherwise.append((fault, kind))
    assert sum(planted.values()) > 700
    for kind in planted:
        assert named[kind] >= 0.8 * planted[kind], kind
    assert len(otherwise) <= 2, otherwise


def test_slips_of_training_code_are_found_and_named(bench):
    slips, _, training = bench
    planted, named, otherwise = 0, 0, []
    for text, slip, net, wrong, names in training.faults(slips.Net):
        found = gd.check(gd.Network(text), net.theta, net.x, net.labels, gradient=wrong)
        assert found.verdict == "wrong", (text, slip)
        kind = found.diagnoses[0].kind
        planted += 1
        if kind in names:
            named += 1
        elif kind:
            otherwise.append((text, slip, kind))
    assert planted > 300
    assert named >= 0.98 * planted, (planted, named)
    assert len(otherwise) <= 2, otherwise
