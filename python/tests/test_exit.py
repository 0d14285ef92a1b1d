# SPDX-License-Identifier: MIT
"""Leaving Python while a daemon thread is inside the library is quiet, as it is inside NumPy."""

import subprocess
import sys

import pytest

WORK = {
    "fit": "gd.fit(network, theta.copy(), x, y, epochs=10**7)",
    "fit, over and over": "gd.fit(network, theta.copy(), x, y, epochs=2)",
    "fit with a callback": "gd.fit(network, theta.copy(), x, y, epochs=10**7, callback=lambda epoch: None)",
    "predict": "gd.predict(network, theta, many)",
    "predict from other number types": "gd.predict(network, theta, many.astype('float32')[::2])",
    "loss_and_gradient": "gd.loss_and_gradient(network, theta, many, labels)",
    "check": "gd.check(network, theta, x, y)",
    "experiment": "gd.Experiment(data='moons', network='2-4tanh-2softmax', epochs=10**7).run()",
    "sweep": "gd.sweep(data='moons', network='2-{3,4}tanh-2softmax', epochs=10**6, seeds=8, threads=2)",
    "sweep with a callback": (
        "gd.sweep(data='moons', network='2-{3,4}tanh-2softmax', epochs=200, seeds=8, callback=lambda progress: None)"
    ),
    "makers": "gd.make_moons(10**6)",
    "estimator": "gradus.sklearn.MLPClassifier(max_iter=10**6, tol=0, n_iter_no_change=10**6).fit(x, y)",
    "ensemble": "gradus.sklearn.MLPClassifier(max_iter=10**5, tol=0, n_seeds=4, n_iter_no_change=10**5).fit(x, y)",
}

PROGRAM = """
import sys, threading, time, warnings
import numpy as np
import gradus as gd
import gradus.sklearn
warnings.simplefilter("ignore")
network = gd.Network("2-8tanh-2softmax")
theta = network.initial_parameters(random_state=1)
moons = gd.make_moons(200, noise=0.1, random_state=0)
x, y = moons.x, moons.y
many = np.tile(x, (2000, 1))
labels = np.tile(y, 2000)
begun = threading.Event()
def work():
    begun.set()
    while True:
        {work}
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
time.sleep({delay})
sys.exit(3)
"""


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_leaving_python_with_a_thread_inside_is_quiet(work):
    for delay in (0.05, 0.2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(work=work, delay=delay)], capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
