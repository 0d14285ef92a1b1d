# SPDX-License-Identifier: MIT
"""Which wrong gradients are found, and which right ones called wrong: Gradus beside others, on the same faults.

    PYTHONPATH=build/release/python build/peers/bin/python -B bench/gradient_checkers.py [--sound 200]

The faults are those of slips/, each a gradient with one slip, in float64. Every checker gets the same function (the
loss by its values) and the same gradient, with its own default tolerances: `gd.check(gradient=)`; Ridders' extrapolation entry by entry, as a textbook has it (relative error above 1e-6 of the gradient's
norm); and, where they are installed, `torch.autograd.gradcheck` and JAX's `check_grads`. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import collections
import time

import gradus as gd
import numpy as np
import slips
from slips import training

# What a slip may rightly be called, beside its own words.
NAMES = {
    "first-bias": {"one-sample"},
    "mean-bias": {"mean-for-sum", "missing-mean", "mean-twice"},
    "mean-weights": {"mean-for-sum", "mean-twice"},
    "bias-forgotten": {"missing-gradient"},
    "last-sample-dropped": {"dropped-term"},
    "last-sample-forgotten": {"dropped-term"},
    "stale": {"stale-activation"},
    "last-row-dropped": {"part-lost", "zeroed-entry"},
    "bias-penalty": {"regularised-bias"},
    "weight-penalty": {"regularised-weights"},
    "entry-exchanged": {"swapped-entries"},
    "bias-doubled": {"doubled"},
    "derivative-forgotten": {"missing-derivative", "other-derivative"},
    "derivative-at-z": {"derivative-at-output"},
    "derivative-twice": {"twice"},
    "other-derivative": {"other-derivative"},
    "squared-forgotten": {"other-derivative"},
    "dx-sign": {"sign"},
    "dx-forgotten": {"missing-dx"},
    "dx-of-first-sample": {"one-sample"},
    "wrong-side": {"wrong-kink"},
    "mean-path": {"path-forgotten"},
    "variance-path": {"path-forgotten"},
    "both-paths": {"path-forgotten"},
    "loss-sign": {"sign"},
    "gates-exchanged": {"parts-exchanged"},
    "output-gate-forgotten": {"part-lost"},
    "last-step-only": {"path-forgotten"},
    "carry-forgotten": {"path-forgotten"},
    "update-gate-forgotten": {"part-lost"},
    "reset-gate-forgotten": {"path-forgotten"},
    "bias-of-first-place": {"one-place"},
    "bias-mean-of-places": {"mean-for-sum"},
    "mean-of-samples": {"mean-for-sum", "times-outputs"},
    "slope-mean": {"mean-for-sum", "mean-twice"},
    "shift-mean": {"mean-for-sum", "mean-twice"},
    "slope-forgotten": {"missing-derivative"},
    "slope-zero": {"other-derivative"},
}


def all_faults():
    """(kind of layer, words, network, wrong gradient, what it may rightly be called), of the layers and of training."""
    for fault in slips.faults():
        net = slips.Net(fault.network)
        wrong = net.gradient(fault.slip, fault.place)
        yield fault.kind, str(fault), net, wrong, NAMES.get(fault.slip, set()) | {fault.slip}
    for text, slip, net, wrong, names in training.faults(slips.Net):
        yield "training", f"{slip} in {text}", net, wrong, names


def ridders_wrong(net, gradient):
    norm = np.linalg.norm(gradient)
    for k in range(len(net.theta)):
        table = [[]]
        h, best, error = 2**-6, 0.0, np.inf
        for i in range(8):
            step = np.zeros_like(net.theta)
            step[k] = h
            row = [(net.value(net.theta + step) - net.value(net.theta - step)) / (2 * h)]
            for j in range(i):
                row.append((4 ** (j + 1) * row[j] - table[-1][j]) / (4 ** (j + 1) - 1))
                change = max(abs(row[-1] - row[-2]), abs(row[-1] - table[-1][j]))
                if change <= error:
                    best, error = row[-1], change
            table.append(row)
            h /= 2
        if not abs(best - gradient[k]) <= 1e-6 * norm + error:
            return True
    return False


def gradus_wrong(net, gradient):
    return gd.check(gd.Network(net.text), net.theta, net.x, net.labels, gradient=gradient)


def torch_checker():
    try:
        import torch
    except ImportError:
        return None

    def wrong(net, gradient):
        class Loss(torch.autograd.Function):
            @staticmethod
            def forward(context, theta):
                return torch.tensor(net.value(theta.detach().numpy()), dtype=torch.float64)

            @staticmethod
            def backward(context, by):
                return by * torch.tensor(gradient)

        theta = torch.tensor(net.theta, requires_grad=True)
        return not torch.autograd.gradcheck(Loss.apply, (theta,), raise_exception=False)

    return wrong


def jax_checker():
    try:
        import jax
        from jax.test_util import check_grads
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)

    def wrong(net, gradient):
        shape = jax.ShapeDtypeStruct((), np.float64)

        @jax.custom_vjp
        def loss(theta):
            return jax.pure_callback(lambda v: np.float64(net.value(np.asarray(v))), shape, theta)

        loss.defvjp(lambda theta: (loss(theta), None), lambda _, by: (by * gradient,))
        try:
            check_grads(loss, (net.theta,), order=1, modes=("rev",))
        except AssertionError:
            return True
        return False

    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", type=int, default=100, help="sound networks to look for false alarms in")
    options = parser.parse_args()
    others = {"Ridders": ridders_wrong, "torch gradcheck": torch_checker(), "JAX check_grads": jax_checker()}
    others = {name: f for name, f in others.items() if f}
    found, named, misnamed = collections.Counter(), collections.Counter(), []
    counts, by_others = collections.Counter(), collections.Counter()
    seconds = collections.Counter()
    for kind, words, net, wrong, right_names in all_faults():
        start = time.perf_counter()
        report = gradus_wrong(net, wrong)
        seconds["Gradus"] += time.perf_counter() - start
        counts[kind] += 1
        found[kind] += report.verdict == "wrong"
        name = report.diagnoses[0].kind if report.diagnoses else ""
        named[kind] += name in right_names
        if name and name not in right_names:
            misnamed.append(f"{words}: {name}")
        for other, checker in others.items():
            start = time.perf_counter()
            by_others[other, kind] += bool(checker(net, wrong))
            seconds[other] += time.perf_counter() - start
    print("| slips in | faults | Gradus found | named |", *(f" {name} |" for name in others), sep="")
    print("|---|---|---|---|", *("---|" for _ in others), sep="")
    for kind in [*sorted(counts), None]:
        total = lambda c: c[kind] if kind else sum(c[k] for k in counts)  # noqa: E731
        others_found = [by_others[name, kind] if kind else sum(by_others[name, k] for k in counts) for name in others]
        cells = [kind or "all", total(counts), total(found), total(named), *others_found]
        print("|", " | ".join(map(str, cells)), "|")
    print(f"\nnamed otherwise: {len(misnamed)}")
    for line in misnamed:
        print("  ", line)
    alarms = collections.Counter()
    for seed in range(options.sound):
        net = slips.Net(slips.NETWORKS[seed % len(slips.NETWORKS)], samples=1 + seed % 7, seed=seed)
        right = net.gradient()
        alarms["Gradus"] += gradus_wrong(net, right).verdict == "wrong"
        for name, checker in others.items():
            alarms[name] += bool(checker(net, right))
    print(f"\nfalse alarms in {options.sound} sound networks:", dict(alarms))
    print("seconds in all:", {name: round(s, 2) for name, s in seconds.items()})


if __name__ == "__main__":
    main()
