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
    finally:
        sys.path.remove(str(BENCH))
    return slips, gradient_checkers.NAMES


def test_slips_are_found_and_four_in_five_of_each_kind_are_named(bench):
    slips, names = bench
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
