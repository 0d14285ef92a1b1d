# SPDX-License-Identifier: MIT
"""The package and a program of its users are clean under mypy --strict."""

import os
import pathlib
import re
import site
import subprocess
import sys

import gradus as gd
import pytest

pytest.importorskip("mypy")

PACKAGE = pathlib.Path(gd.__file__).parent
SETTINGS = pathlib.Path(__file__).parents[2] / "pyproject.toml"

SAMPLE = """
import gradus as gd
import numpy as np
from numpy.typing import NDArray

network = gd.Network("2-8tanh-2softmax")
theta = network.initial_parameters("he", random_state=gd.RandomState(3), dtype="float32")
data: gd.Dataset = gd.make_moons(100, noise=0.1)


def stop(epoch: gd.Epoch) -> bool:
    return epoch.loss is not None and epoch.loss < 0.1


result = gd.fit(network, theta, data.x, data.y, optimizer="adam", lr=0.01, batch="full", callback=stop)
losses: NDArray[np.float64] = result.history.loss
reason: str = result.reason
passed: bool = gd.check(network, theta, data.x, data.y).passed
model = gd.Model(network, theta, class_names=data.class_names)
labels = model.classify([[0.0, 1.0]])
share: float = gd.metrics.accuracy(labels, [1])
run = gd.Experiment(data="iris", network="4-3softmax", epochs=3).run()
value, gradient = gd.value_and_grad(lambda w: np.sum(w * w))(theta)
"""

WRONG = """
import gradus as gd

theta = gd.Network(3).initial_parameters()
gd.fit(gd.Network("1-1"), theta, [[1.0]], [1.0], epochs="many")
gd.fit(gd.Network("1-1"), theta, [[1.0]], [1.0], ephocs=3)
"""


def test_the_package_and_a_users_program_are_typed_and_mistakes_are_found(tmp_path):
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tmp_path / "wrong.py").write_text(WRONG)
    installed = str(PACKAGE.parent) in site.getsitepackages()  # there mypy looks by itself, and wants to
    folders = [str(tmp_path)] if installed else [str(tmp_path), str(PACKAGE.parent)]
    command = [
        sys.executable,
        "-m",
        "mypy",
        f"--config-file={SETTINGS}",
        "--cache-dir=cache",
        "-p",
        "gradus",
        "-m",
        "sample",
        "-m",
        "wrong",
    ]
    environment = {"MYPYPATH": os.pathsep.join(folders)}
    found = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert re.findall(r"(\w+\.pyi?):(\d+): error", found.stdout) == [("wrong.py", line) for line in "456"], found.stdout


def test_no_file_is_left_out():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 15
    assert [path.name for path in files if "ignore-errors" in path.read_text()] == []
