# SPDX-License-Identifier: MIT
"""Sweeps over real workers: two processes of joblib, Dask and Ray each."""

import itertools
import subprocess
import sys
from pathlib import Path

import gradus as gd
import numpy as np
import pytest

OPTIONS = dict(data="circles:samples=80,noise=0.2,factor=0.4,seed=7", network="2-{2,6}tanh-2softmax", lr=[0.05, 0.3],
               test=0.4, epochs=6, batch=4, seed=3, seeds=6)  # fmt: skip
BACKENDS = ["joblib", "dask", "ray"]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("here")
    return gd.sweep(**OPTIONS, folder=folder), (folder / "results.csv").read_bytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_results_of_two_workers_are_those_of_this_process_byte_for_byte(backend, here, tmp_path):
    pytest.importorskip({"dask": "distributed"}.get(backend, backend))
    seen = []
    found = gd.sweep(**OPTIONS, folder=tmp_path, backend=backend, workers=2, callback=seen.append)
    assert found.runs == here[0].runs and found.ranking == here[0].ranking
    assert found.best.seed == here[0].best.seed
    assert (tmp_path / "results.csv").read_bytes() == here[1]
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"], "the shards are gone once they are joined"
    assert len(seen) == 8 and (seen[-1].done, seen[-1].runs, seen[-1].share) == (24, 24, 1)
    assert seen[-1].best == max(row["test_accuracy"] for row in found.runs)
    assert all(a.done <= b.done and a.seconds <= b.seconds for a, b in itertools.pairwise(seen))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_example_runs(backend):
    pytest.importorskip({"dask": "distributed"}.get(backend, backend))
    example = Path(__file__).parents[2] / "examples" / "sweep_on_a_cluster.py"
    done = subprocess.run([sys.executable, example, backend], capture_output=True, text=True, check=True)
    assert f"180 runs by {backend}, the bytes of one process: True" in done.stdout


def test_data_of_the_program_goes_to_the_workers():
    x, y = np.random.default_rng(1).normal(size=(40, 3)), np.arange(40) % 2
    options = dict(network="3-{2,4}tanh-2softmax", epochs=3, seeds=5)
    here = gd.sweep(data=(x, y), **options)
    for data in ((x, y), gd.Dataset(x, y)):
        assert gd.sweep(data=data, **options, backend="joblib", workers=2).runs == here.runs


def test_joblib_is_told_by_its_own_words_how_many_workers(here):
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert gd.sweep(**OPTIONS, backend="joblib").runs == here[0].runs


def test_what_was_made_before_a_stop_is_not_made_again(here, tmp_path):
    made = []

    def stop_after_three(progress):
        made.append(progress.done)
        return len(made) == 3

    with pytest.raises(KeyboardInterrupt):
        gd.sweep(**OPTIONS, folder=tmp_path, backend="joblib", workers=1, callback=stop_after_three)
    (kept,) = tmp_path.iterdir()
    assert len(list(kept.iterdir())) == 3
    times = {path: path.read_bytes() for path in kept.iterdir()}
    found = gd.sweep(**OPTIONS, folder=tmp_path, backend="joblib", workers=1)
    assert found.runs == here[0].runs and (tmp_path / "results.csv").read_bytes() == here[1] and times


def test_other_sweeps_in_the_folder_are_kept(here, tmp_path):
    gd.sweep(**{**OPTIONS, "lr": 0.1}, folder=tmp_path)
    gd.sweep(**OPTIONS, folder=tmp_path, backend="joblib", workers=2)
    rows = (tmp_path / "results.csv").read_text().splitlines()
    assert len(rows) == 1 + 24 + 12
    again = gd.sweep(**{**OPTIONS, "lr": 0.1}, folder=tmp_path)
    assert len(again.runs) == 12


def test_an_error_of_a_worker_arrives(tmp_path):
    with pytest.raises(ValueError, match="network 5-3softmax takes 5 inputs"):
        gd.sweep(**{**OPTIONS, "network": "5-3softmax"}, backend="joblib", workers=2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"workers": 2}, "workers has no effect here"),
        ({"backend": "spark"}, "expected one of joblib, dask, ray, got 'spark'"),
        ({"backend": "joblib", "threads": 2}, "threads has no effect here"),
        ({"backend": "joblib", "halving": 3}, "halving has no effect here"),
        ({"backend": "joblib", "shard": "1/2"}, "shard has no effect here"),
        ({"backend": "joblib", "workers": 0}, "workers: expected a number >= 1, got 0"),
        ({"shard": "1/2"}, "expected a folder for the file of a shard"),
        ({"shard": "3/2", "folder": "nowhere"}, "expected a shard such as 3/16"),
        ({"shard": "1/2", "folder": "nowhere", "halving": 3}, "halving has no effect here"),
    ],
)
def test_what_has_no_effect_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        gd.sweep(**OPTIONS, **given)


def test_a_backend_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match="needs ray: pip install ray"):
        gd.sweep(**OPTIONS, backend="ray", workers=2)
