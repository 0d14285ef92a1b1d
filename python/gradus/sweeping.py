# SPDX-License-Identifier: MIT
"""Sweeps, in this process or over the workers of joblib, Dask or Ray."""

from __future__ import annotations

import csv
import hashlib
import importlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import _core
from ._core import Sweep, SweepProgress

_SHARDS_OF_A_WORKER = 4  # that one who is done early has something left to do

_Task = tuple[int, int, bytes, dict[str, Any]]  # number, of how many, what was made of it before, what was asked
_Made = tuple[int, bytes]
_Callback = Callable[[SweepProgress], bool | None]


def sweep(
    *,
    seeds: int = 1,
    random: int = 0,
    halving: int = 0,
    shard: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    backend: str | None = None,
    workers: int | None = None,
    callback: _Callback | None = None,
    **options: Any,
) -> Sweep:
    """Trains every combination of values with many seeds.

    Runs that differ in seed, learning rate and l2 alone are trained together in banks; the numbers are those of
    ``gradus sweep``, whatever the number of threads.

    Parameters
    ----------
    seeds : int
        Of each configuration, from ``seed`` on.
    random : int
        How many configurations to draw, instead of trying all; then ``lr="0.001..0.1"`` is a range.
    halving : int
        Train all for a part of the epochs, the best 1 / `halving` of them that many times as long, and so on; the result is of
        the last round, and ``rounds`` tells how many each had, and how long they trained. 0: every configuration to its end.
    shard : str, optional
        ``"3/16"``: the third of 16 shares of the runs alone, kept as ``shard-3-of-16.csv``. `merge_sweep` joins them.
    folder : str or path, optional
        Where ``results.csv`` is kept: what is in it is not computed again.
    threads : int, optional
        All there are unless given.
    backend : {'joblib', 'dask', 'ray'}, optional
        Whose workers make the runs, by shards that its own scheduler hands out: joblib's processes, as ``joblib.parallel_config``
        says; the Dask client of this program, or a cluster on this machine; the Ray cluster that it is connected to, or one
        here. The results are those of this process, to the last byte. Each machine needs gradus, and the files that are named.
    workers : int, optional
        For a backend that is started here.
    callback : callable, optional
        Called with a `SweepProgress` every few milliseconds, or, with a backend, after each shard; returning True stops (a
        backend by KeyboardInterrupt). An exception it raises arrives.
    **options
        Those of `Experiment`, ``data`` as for `validate`, where a list holds several values; texts may hold braces, ``network="2-{2,8}tanh-2softmax"``.

    Returns
    -------
    Sweep
        After Ctrl-C too, with a RuntimeWarning: it then holds the runs that were made. With a backend KeyboardInterrupt
        arrives; in a `folder` the shards that were made are kept, and the same call goes on.

    Raises
    ------
    ValueError
        If a configuration cannot be run, or an option has no effect in any, before any is.
    TypeError
        On an unknown option.

    Examples
    --------
    >>> import gradus as gd
    >>> result = gd.sweep(data="moons:samples=60,noise=0.1,seed=1", network="2-{2,8}tanh-2softmax", lr=[0.1, 0.5], seeds=5,
    ...                   epochs=10, batch=4)
    >>> result
    Sweep(4 configurations, 5 seeds)
    >>> best = result.ranking[0]
    >>> best["runs"], best["low"] <= best["mean"] <= best["high"]
    (5, True)
    """
    here: dict[str, Any] = {"halving": halving, "shard": shard, "threads": threads}
    if backend is None:
        if workers is not None:
            raise ValueError("[sweep] workers has no effect here: they are a backend's, and this process has threads")
        return _core.sweep(seeds=seeds, random=random, folder=folder, callback=callback, **here, **options)
    if backend not in _BACKENDS:
        raise ValueError(f"[sweep] backend: expected one of {', '.join(_BACKENDS)}, got {backend!r}")
    for name, given in here.items():
        if given:
            raise ValueError(f"[sweep] {name} has no effect here: a backend's workers make every run, a thread each")
    if workers is not None and workers < 1:
        raise ValueError(f"[sweep] workers: expected a number >= 1, got {workers}")
    asked = {"seeds": seeds, "random": random, **options}
    if folder is not None:
        return _over_workers(backend, workers, Path(folder), callback, asked)
    with tempfile.TemporaryDirectory(prefix="gradus-") as passing:
        return _over_workers(backend, workers, Path(passing), callback, asked)


def _over_workers(
    backend: str, workers: int | None, folder: Path, callback: _Callback | None, asked: dict[str, Any]
) -> Sweep:
    began = time.monotonic()
    shards = _Shards(folder, asked)
    for number, rows in _BACKENDS[backend](workers, shards.tasks):
        shards.keep(number, rows)
        if callback is not None and callback(shards.progress(time.monotonic() - began)) is True:
            raise KeyboardInterrupt
    return shards.merge()


class _Shards:
    """The shards of a sweep, in a folder within its own until all are there."""

    def __init__(self, folder: Path, asked: dict[str, Any]) -> None:
        self._folder = folder
        self._asked = asked
        self._made = 0
        self._merits: list[float | None] = []

    def tasks(self, workers: int) -> list[_Task]:
        self._of = of = _SHARDS_OF_A_WORKER * workers
        # Named by what was asked: another sweep in the same folder has shards of its own.
        digest = hashlib.sha256(pickle.dumps((self._asked, of))).hexdigest()
        self._kept = self._folder / f"shards-{digest[:16]}"
        self._kept.mkdir(parents=True, exist_ok=True)
        paths = {number: self._path(number) for number in range(1, of + 1)}
        return [
            (number, of, path.read_bytes() if path.exists() else b"", self._asked) for number, path in paths.items()
        ]

    def _path(self, number: int) -> Path:
        return self._kept / f"shard-{number}-of-{self._of}.csv"

    def keep(self, number: int, rows: bytes) -> None:
        """Whole or not at all, as the program may end at any moment."""
        passing = self._path(number).with_suffix(".tmp")
        passing.write_bytes(rows)
        os.replace(passing, self._path(number))
        self._made += 1
        self._merits += _merits(rows)

    def progress(self, seconds: float) -> SweepProgress:
        done = len(self._merits)
        best = max((merit for merit in self._merits if merit is not None), default=None)
        return SweepProgress(done, max(done, done * self._of // self._made), self._made / self._of, seconds, best)

    def merge(self) -> Sweep:
        data = self._asked.get("data")
        given = None if isinstance(data, (str, os.PathLike)) else data
        merged = _core.merge_sweep(self._kept, data=given, into=self._folder)
        shutil.rmtree(self._kept)
        return merged


def _make_shard(number: int, of: int, before: bytes, asked: dict[str, Any]) -> _Made:
    """A shard, made in a worker: the bytes of its file."""
    with tempfile.TemporaryDirectory(prefix="gradus-") as folder:
        path = Path(folder, f"shard-{number}-of-{of}.csv")
        if before:
            path.write_bytes(before)
        _core.sweep(**asked, shard=f"{number}/{of}", folder=folder, threads=1)
        return number, path.read_bytes()


def _merits(rows: bytes) -> list[float | None]:
    """What each run of a shard's file is judged by; None where it diverged."""
    lines = [line for line in rows.decode().splitlines() if not line.startswith("#")]
    merits: list[float | None] = []
    for row in csv.DictReader(lines):
        accuracy = row["test_accuracy"] or row["train_accuracy"]
        loss = row["test_loss"] or row["train_loss"]
        merits.append(float(accuracy) if accuracy else -float(loss) if loss else None)
    return merits


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"[sweep] this backend needs {name}: pip install {name}") from error


# A backend asks for the tasks once it knows how many workers it has, and gives what they made as it comes.
_TasksOf = Callable[[int], list[_Task]]


def _joblib(workers: int | None, tasks: _TasksOf) -> Iterator[_Made]:
    joblib = _package("joblib")
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    calls = [joblib.delayed(_make_shard)(*task) for task in tasks(joblib.effective_n_jobs(workers))]
    yield from parallel(calls)


def _dask(workers: int | None, tasks: _TasksOf) -> Iterator[_Made]:
    distributed = _package("distributed")
    own = None
    try:
        client = distributed.get_client()
    except ValueError:
        client = own = distributed.Client(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    try:
        futures = [client.submit(_make_shard, *task, pure=False) for task in tasks(sum(client.nthreads().values()))]
        for _, made in distributed.as_completed(futures, with_results=True):
            yield made
    finally:
        if own is not None:
            own.close()


def _ray(workers: int | None, tasks: _TasksOf) -> Iterator[_Made]:
    ray = _package("ray")
    own = not ray.is_initialized()
    if own:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        make = ray.remote(_make_shard)
        pending = [make.remote(*task) for task in tasks(int(ray.cluster_resources()["CPU"]))]
        while pending:
            done, pending = ray.wait(pending)
            yield from ray.get(done)
    finally:
        if own:
            ray.shutdown()


_BACKENDS: dict[str, Callable[[int | None, _TasksOf], Iterator[_Made]]] = {
    "joblib": _joblib,
    "dask": _dask,
    "ray": _ray,
}
