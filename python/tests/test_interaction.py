# SPDX-License-Identifier: MIT
"""Every option of an experiment away from its default: the command line, `Experiment`, `sweep` and, where it is one of
training, `fit` and the estimators give the same parameters to the last bit, and others than without it."""

import json
import os
import subprocess

import gradus as gd
import numpy as np
import pytest
from gradus import options
from gradus.sklearn import MLPClassifier

BASE = dict(network="5-5tanh-3softmax", target="label", epochs=4, batch=7, lr=0.1)

# Option: its value, and what must be with it for it to have a say.
TRAINING = {
    "loss": ("mse", {}),
    "reduction": ("sum", {}),
    "class_weight": ("balanced", {}),
    "optimizer": ("adam", {}),
    "lr": (0.2, {}),
    "momentum": (0.5, {}),
    "nesterov": (True, {"momentum": 0.5}),
    "schedule": ("cosine:epochs=3", {}),
    "l1": (0.01, {}),
    "l2": (0.01, {}),
    "weight_decay": (0.01, {}),
    "max_norm": (0.5, {}),
    "clip_norm": (0.1, {}),
    "clip_value": (0.01, {}),
    "early_stopping": ("accuracy", {"patience": 0, "epochs": 30}),
    "patience": (1, {"early_stopping": "accuracy", "epochs": 40}),
    "min_delta": (0.5, {"early_stopping": "loss", "patience": 1, "epochs": 12}),
    "epochs": (5, {}),
    "updates": (11, {"epochs": None}),
    "batch": ("full", {}),
    "order": ("draws", {}),
    "engine": ("definition", {}),
    "arithmetic": ("plain", {}),
    "min_change": (0.2, {"epochs": 30}),
    "plant": ("sign:1.weights", {}),
    "freeze": ("1", {}),
    "record_every": (2, {}),
    "test_every": (2, {"test": 0.3}),
}
OTHERS = {
    "seed": (1, {}),
    "precision": ("float32", {}),
    "target": ("other", {}),
    "task": ("regression", {"network": "5-5tanh-1sigmoid", "target": "binary"}),
    "test": (0.3, {}),
    "sample_weight": ("weight", {"network": "4-5tanh-3softmax"}),
    "stratify": (True, {"test": 0.3}),
    "scale": ("standard", {}),
    "network": ("5-5relu-3softmax", {}),
    "init": ("he-normal", {}),
}
# Their parameters may be those of the run without them: what they change is the history, or the kind of answers.
OF_THE_HISTORY = {"record_every", "test_every", "task"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    random = gd.RandomState(3)
    lines = ["a,b,weight,label,other,binary"]
    for i in range(60):
        label = 0 if i < 12 else 1 if i < 33 else 2
        a, b, weight = (
            random.normal(label - 1, 1.2),
            random.normal(1 if label == 1 else -1, 1.1),
            random.uniform(0.2, 2),
        )
        lines.append(f"{a:.6f},{b:.6f},{weight:.6f},{label},{(i + label) % 3},{i % 2}")
    path = tmp_path_factory.mktemp("interaction") / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def command_line(*words):
    program = os.environ.get("GRADUS_CLI")
    if not program:
        pytest.skip("the command line is not built (GRADUS_CLI)")
    done = subprocess.run([program, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def flags(given):
    words = []
    for name, value in given.items():
        if value is None:
            continue
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return words


def test_knows_every_option():
    known = set(options.ExperimentOptions.__annotations__) - {
        "data", "model", "fingerprint", "scale_target", "from_parameters",
        "from_model",  # test_judging.py
    }  # fmt: skip
    known -= set(options.ReadingOptions.__annotations__)  # of a file read in another dialect there is another table
    assert known == set(TRAINING) | set(OTHERS)


@pytest.mark.parametrize("name", [*TRAINING, *OTHERS])
def test_every_way_to_ask_gives_the_same_run_and_another_than_without(table, tmp_path, name):
    value, context = {**TRAINING, **OTHERS}[name]
    given = {**BASE, **context, name: value}
    theirs = command_line("train", table, *flags(given), "-o", str(tmp_path / "m.model"), "--json")
    result = gd.Experiment(data=table, **given).run()
    assert result.model.parameters_sha256 == theirs["parameters_sha256"]
    assert result.history.loss.tolist() == theirs["history"]["loss"]

    row = gd.sweep(data=table, seeds=2, **given).runs[0]  # in a bank, where there is one
    assert row["train_accuracy"] == theirs["train"].get("accuracy")
    assert row["train_loss"] == pytest.approx(theirs["train"]["loss"], rel=1e-6)  # a bank's are float32's own

    without = {key: v for key, v in {**BASE, **context}.items() if key != name}
    if name in BASE and name not in context:
        without[name] = BASE[name]
    if name == "sample_weight":  # which is a column less
        without[name] = "other"
    if name == "early_stopping":  # beside none of which patience is refused
        without.pop("patience", None)
    plain = gd.Experiment(data=table, **without).run()
    if name in OF_THE_HISTORY:
        assert plain.history.loss.tolist() != result.history.loss.tolist() or name != "record_every"
    else:
        assert plain.model.parameters_sha256 != result.model.parameters_sha256, f"{name} changes nothing"


@pytest.mark.parametrize("name", TRAINING)
def test_fit_gives_the_experiments_parameters(table, name):
    value, context = TRAINING[name]
    if "test" in context:
        pytest.skip("the experiment splits, fit does not")
    given = {**BASE, **context, name: value}
    result = gd.Experiment(data=table, **given).run()
    data = gd.load_data(table, target="label")
    network = gd.Network(given.pop("network"))
    given.pop("target")
    random = gd.RandomState(0)
    theta = network.initial_parameters("glorot-uniform", random_state=random)
    fitted = gd.fit(network, theta, data.x, data.y, random_state=random, **given)
    assert np.array_equal(theta, result.model.theta)
    assert fitted.history.loss.tolist() == result.history.loss.tolist()


# ---------------------------------------------------------------------------------------------------------- estimators
# What says the same to an estimator.
SAID_OTHERWISE = {
    "class_weight": ("balanced", {"class_weight": "balanced"}),
    "optimizer": ("adagrad", {"solver": "adagrad"}),
    "lr": (0.2, {"learning_rate_init": 0.2}),
    "momentum": (0.5, {"momentum": 0.5}),
    "nesterov": (True, {"momentum": 0.5, "nesterovs_momentum": True}),
    "schedule": ("inverse:power=0.5", {"learning_rate": "invscaling"}),
    "l2": (0.01, {"alpha": 0.6}),  # of 60 samples, of which each has its share in scikit-learn
    "epochs": (5, {"max_iter": 5}),
    "batch": ("full", {"batch_size": 60}),
}
# What scikit-learn's parameters have no word for, or another meaning.
UNSAID = {
    "loss": "follows from what is learned",
    "reduction": "is the mean",
    "l1": "", "weight_decay": "", "max_norm": "", "clip_norm": "", "clip_value": "",
    "early_stopping": "holds samples out by itself", "patience": "is n_iter_no_change, of another rule",
    "min_delta": "is tol, of another rule", "min_change": "",
    "updates": "", "order": "shuffles by scikit-learn's own stream",
    "engine": "", "arithmetic": "is what the processor can",
    "record_every": "", "test_every": "", "plant": "", "freeze": "",
}  # fmt: skip


def test_every_option_of_training_is_said_to_an_estimator_or_has_no_word_there():
    assert set(SAID_OTHERWISE) | set(UNSAID) == set(TRAINING)
    assert not set(SAID_OTHERWISE) & set(UNSAID)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", SAID_OTHERWISE)
def test_an_estimator_gives_the_parameters_of_fit(table, name):
    data = gd.load_data(table, target="label")
    network = gd.Network("5-5tanh-3softmax")
    theta = network.initial_parameters("glorot-uniform", random_state=2)
    first = theta.copy()
    value, said = SAID_OTHERWISE[name]
    given = {"lr": 0.1, "epochs": 4, "batch": "full", **({"momentum": 0.5} if name == "nesterov" else {}), name: value}
    gd.fit(network, theta, data.x, data.y, **given)

    settings = {
        "hidden_layer_sizes": (5,), "activation": "tanh", "solver": "sgd", "alpha": 0, "batch_size": 60, "shuffle": False,
        "learning_rate_init": 0.1, "max_iter": 4,
        "coefs_init": [first[:25].reshape(5, 5), first[30:45].reshape(5, 3)],
        "intercepts_init": [first[25:30], first[45:]], **said,
    }  # fmt: skip
    if settings["solver"] == "sgd":
        settings = {"momentum": 0, "nesterovs_momentum": False, **settings}
    estimator = MLPClassifier(**settings)
    estimator.fit(data.x, data.y)
    (w1, w2), (b1, b2) = estimator.coefs_, estimator.intercepts_
    learned = np.concatenate([w1.ravel(), b1, w2.ravel(), b2])
    if name == "schedule":  # which scikit-learn divides by where `fit` multiplies
        np.testing.assert_allclose(learned, theta, rtol=1e-13)
    else:
        np.testing.assert_array_equal(learned, theta)
    assert not np.array_equal(theta, first)
