# SPDX-License-Identifier: MIT
"""The same experiment gives the same numbers, and the same bytes, here and on the command line."""

import _thread
import hashlib
import json
import os
import pickle
import subprocess
import threading

import gradus as gd
import numpy as np
import pytest

OPTIONS = dict(
    data="circles:samples=200,noise=0.2,factor=0.4,seed=7", network="2-8tanh-2softmax", test=0.4, scale="standard",
    optimizer="adam", lr=0.02, epochs=15, batch=8, seed=42, l2=1e-4,
)  # fmt: skip


def command_line(*words):
    program = os.environ.get("GRADUS_CLI")
    if not program:
        pytest.skip("the command line is not built (GRADUS_CLI)")
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_an_experiment_gives_the_command_lines_numbers_and_bytes(tmp_path, precision):
    path = tmp_path / "circles.toml"
    gd.Experiment(**OPTIONS, precision=precision, model=str(tmp_path / "theirs.model")).save(path)
    theirs = command_line("run", path, "--json")
    result = gd.Experiment.load(path).run()
    assert result.history.loss.tolist() == theirs["history"]["loss"]
    assert result.history.test_accuracy.tolist() == theirs["history"]["test_accuracy"]
    assert result.test_scores.loss == theirs["test"]["loss"]
    digest = hashlib.sha256(np.asarray(result.model.theta, dtype=precision).tobytes()).hexdigest()
    assert result.model.parameters_sha256 == theirs["parameters_sha256"] == digest
    result.model.save(tmp_path / "mine.model")
    assert (tmp_path / "mine.model").read_bytes() == (tmp_path / "theirs.model").read_bytes()


def test_a_model_made_here_is_read_on_the_command_line_and_the_reverse(tmp_path):
    data = gd.make_moons(40, noise=0.1, random_state=1)
    scaler = gd.Scaler.fit("standard", data.x)
    network = gd.Network("2-6tanh-2softmax")
    theta = network.initial_parameters(random_state=1)
    gd.fit(network, theta, scaler.transform(data.x), data.y, epochs=20)
    model = gd.Model(network, theta, scaler=scaler, feature_names=data.feature_names, class_names=data.class_names)
    model.save(tmp_path / "moons.model")
    data.save(tmp_path / "moons.csv")
    np.testing.assert_allclose(model.predict(data.x), gd.predict(network, theta, scaler.transform(data.x)), rtol=1e-13)
    score = command_line("predict", tmp_path / "moons.model", tmp_path / "moons.csv", "--json")
    assert score["scores"]["accuracy"] == gd.metrics.accuracy(model.classify(data.x), data.y)
    again = gd.Model.load(tmp_path / "moons.model")
    assert np.array_equal(again.theta, theta) and again.class_names == ["0", "1"] and again.network == network
    again.save(tmp_path / "again.model")
    assert (tmp_path / "again.model").read_bytes() == (tmp_path / "moons.model").read_bytes()
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(data.x), model.predict(data.x))


def test_fit_is_what_an_experiment_does():
    result = gd.Experiment(**OPTIONS).run()
    random = gd.RandomState(42)
    network = gd.Network(OPTIONS["network"])
    theta = network.initial_parameters("glorot", random_state=random)
    train, test = gd.load_data(OPTIONS["data"]).split(0.4, random_state=42)
    scaler = gd.Scaler.fit("standard", train.x)
    options = {key: OPTIONS[key] for key in ("optimizer", "lr", "epochs", "batch", "l2")}
    fitted = gd.fit(network, theta, scaler.transform(train.x), train.y, test=(scaler.transform(test.x), test.y),
                    random_state=random, **options)  # fmt: skip
    assert np.array_equal(theta, result.model.theta)
    assert np.array_equal(fitted.history.test_loss, result.history.test_loss)


def test_an_experiment_is_described_by_its_options():
    experiment = gd.Experiment(**OPTIONS)
    assert (experiment.lr, experiment.optimizer, experiment.test, experiment.stratify) == (0.02, "adam", 0.4, False)
    assert experiment.l1 is None
    with pytest.raises(AttributeError, match="no option 'ephocs'"):
        experiment.ephocs  # noqa: B018
    assert pickle.loads(pickle.dumps(experiment)) == experiment
    assert gd.Experiment.parse(experiment.to_toml()) == experiment
    assert experiment != gd.Experiment(**{**OPTIONS, "seed": 1})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: gd.Experiment(network="2-2"), TypeError, "expected the options data and network"),
        (lambda: gd.Experiment(**OPTIONS, ephocs=3), TypeError, "did you mean 'epochs'"),
        (lambda: gd.Experiment(**{**OPTIONS, "seed": -1}), ValueError, r"\[experiment\] seed: .* got -1"),
        (lambda: gd.Experiment(**{**OPTIONS, "network": "2-8tahn"}), ValueError, "tanh"),
        (lambda: gd.Experiment(**{**OPTIONS, "network": "3-2softmax"}).run(), ValueError, "3"),
        (lambda: gd.Experiment(**{**OPTIONS, "data": "circels"}).run(), OSError, "circels"),
        (lambda: gd.Experiment.parse("[data]\nsource = 'iris'\nx = 3"), OSError, "line 3.*unknown key 'x'|toml:3"),
    ],
)
def test_experiments_that_cannot_be_meant_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_callback_sees_every_update_and_its_exception_arrives():
    seen = []

    def callback(progress):
        seen.append(progress.update)
        if progress.update == 4:
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        gd.Experiment(**OPTIONS).run(callback=callback)
    assert seen == [1, 2, 3, 4]
    stopped = gd.Experiment(**OPTIONS).run(callback=lambda progress: progress.update == 4)
    assert stopped.fit.updates == 4 and stopped.model.interrupted


def test_ctrl_c_gives_a_model_that_says_it_was_interrupted():
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.warns(RuntimeWarning, match="interrupted"):
        result = gd.Experiment(**{**OPTIONS, "epochs": 10**9}).run()
    timer.join()
    assert result.model.interrupted and np.isfinite(result.model.theta).all()


def test_a_result_writes_what_its_experiment_names(tmp_path):
    result = gd.Experiment(**{**OPTIONS, "epochs": 1}, model=str(tmp_path / "a.model")).run()
    assert not (tmp_path / "a.model").exists()
    result.write()
    assert gd.Model.load(tmp_path / "a.model").experiment.startswith("# An experiment of Gradus")
