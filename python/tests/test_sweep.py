# SPDX-License-Identifier: MIT
import _thread
import json
import os
import subprocess
import threading

import gradus as gd
import numpy as np
import pytest

OPTIONS = dict(data="circles:samples=80,noise=0.2,factor=0.4,seed=7", network="2-{2,6}tanh-2softmax", lr=[0.05, 0.3],
               test=0.4, epochs=6, batch=4, seed=3)  # fmt: skip


def test_a_sweep_tries_every_combination_with_every_seed():
    found = gd.sweep(**OPTIONS, seeds=3, threads=1)
    assert len(found) == len(found.runs) == 12 and len(found.ranking) == 4 and not found.interrupted
    assert {(row["network"], row["lr"], row["seed"]) for row in found.runs} == {
        (units, lr, seed) for units in (2.0, 6.0) for lr in (0.05, 0.3) for seed in (3, 4, 5)}  # fmt: skip
    assert found.merit == "accuracy on the test set"
    means = [row["mean"] for row in found.ranking]
    assert means == sorted(means, reverse=True)
    first = found.ranking[0]
    mine = [
        row["test_accuracy"] for row in found.runs if (row["network"], row["lr"]) == (first["network"], first["lr"])
    ]
    assert first["mean"] == pytest.approx(np.mean(mine)) and first["deviation"] == pytest.approx(np.std(mine, ddof=1))


def test_a_run_of_a_sweep_is_the_experiment_by_itself():
    found = gd.sweep(**OPTIONS, seeds=2, threads=2)
    best = max(row["test_accuracy"] for row in found.runs)
    assert found.best.run().test_scores.accuracy == best


def test_the_numbers_are_those_of_the_command_line_whatever_the_threads(tmp_path):
    program = os.environ.get("GRADUS_CLI")
    if not program:
        pytest.skip("the command line is not built (GRADUS_CLI)")
    words = [program, "sweep", OPTIONS["data"], "--network", OPTIONS["network"], "--lr", "0.05,0.3", "--test", "0.4",
             "--epochs", "6", "--batch", "4", "--seed", "3", "--seeds", "2", "-o", str(tmp_path), "--json"]  # fmt: skip
    theirs = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    for threads in (1, 3):
        mine = gd.sweep(**OPTIONS, seeds=2, threads=threads)
        assert [row["mean"] for row in mine.ranking] == [row["mean"] for row in theirs["configurations"]]
    # What the command line has computed is not computed again.
    again = gd.sweep(**OPTIONS, seeds=2, folder=tmp_path)
    assert [row["mean"] for row in again.ranking] == [row["mean"] for row in theirs["configurations"]]


def test_ctrl_c_ends_a_sweep_with_a_warning_and_keeps_the_runs_that_were_made():
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    with pytest.warns(RuntimeWarning, match="interrupted after [0-9]+ of 8000 runs; what was computed is kept"):
        found = gd.sweep(**{**OPTIONS, "epochs": 300}, seeds=2000, threads=1)
    timer.join()
    assert found.interrupted and len(found.runs) < len(found)


def test_a_callback_may_stop_a_sweep_and_its_exception_arrives():
    stopped = gd.sweep(**OPTIONS, seeds=40, threads=1, callback=lambda progress: True)
    assert stopped.interrupted and len(stopped.runs) < len(stopped)

    def callback(progress):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        gd.sweep(**OPTIONS, seeds=40, threads=2, callback=callback)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"network": "2-{2,6tanh"}, ValueError, "'}' that closes"),
        ({"network": "3-{2,6}tanh-2softmax"}, ValueError, "3"),
        ({"network": None}, TypeError, "data and network"),
        ({"ephocs": 3}, TypeError, "did you mean 'epochs'"),
        ({"lr": [0.1, -0.1]}, ValueError, "lr.*-0.1"),
        ({"lr": [0.1, None]}, TypeError, "lr: expected a number"),
        ({"seeds": 0}, ValueError, "seed"),
        ({"lr": "0.1..1"}, ValueError, "range"),
    ],
)
def test_sweeps_that_cannot_be_meant_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        gd.sweep(**{**OPTIONS, **change})
