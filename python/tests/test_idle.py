# SPDX-License-Identifier: MIT
"""No option is ignored in silence: each changes what a run gives, or is refused with the reason, by whatever way it is asked."""

import inspect
import re

import gradus as gd
import numpy as np
import pytest
from gradus import options

BASE = dict(network="2-4tanh-2softmax", epochs=4, batch=7, lr=0.1)

# Two values of each option, one of them at least not its default.
VALUES = {
    "loss": ("mse", "hinge"),
    "reduction": ("sum", "mean"),
    "class_weight": ("balanced", "1,3"),
    "optimizer": ("adam", "lbfgs"),
    "lr": (0.3, 0.05),
    "momentum": (0.5, 0.9),
    "nesterov": (True,),
    "schedule": ("cosine:epochs=3", "step:every=2"),
    "l1": (0.1, 0.2),
    "l2": (0.1, 0.2),
    "weight_decay": (0.1, 0.2),
    "max_norm": (0.2, 0.1),
    "clip_norm": (0.01, 0.02),
    "clip_value": (0.01, 0.02),
    "early_stopping": ("loss", "test-loss"),
    "patience": (1, 2),
    "min_delta": (5, 9),
    "epochs": (3, 5),
    "updates": (3, 5),
    "batch": (4, "full"),
    "order": ("draws", "shuffle"),
    "min_change": (100, 200),
    "record_every": (2, 3),
    "test_every": (3, 5),
    "plant": ("sign", "sign:1.weights"),
    "freeze": ("1", "2"),
    "seed": (5, 6),
    "precision": ("float32", "float64"),
    "target": ("a", "label"),
    "task": ("classification", "regression"),
    "test": (0.5, 9),
    "sample_weight": ("weight", "b"),
    "stratify": (True,),
    "scale": ("standard", "min-max"),
    "scale_target": ("standard", "min-max"),
    "network": ("2-3tanh-2softmax", "2-4relu-2softmax"),
    "init": ("he", "uniform:0.5"),
    "separator": ("semicolon", "tab"),
    "decimal": ("comma", "point"),
    "comment": ("a", "none"),
    "features": ("a,b", "b"),
    "drop": ("a", "b"),
    "encode": ("a", "b"),
}
# These may leave the numbers as they are, and why.
EXCEPTIONS = {
    "data": "is what all is asked of",
    "model": "names where the model is to be written",
    "fingerprint": "refuses other data",
    "from_model": "names a model to go on from, of which there is none here (test_judging.py)",
    "from_parameters": "refuses another model",
    "header": "names what is recognised unless told otherwise",
    "missing": "says what becomes of gaps, of which there are none here",
    "engine": "both engines give the same numbers, to the last bit where they can",
    "arithmetic": "both arithmetics may give the same numbers",
}
CONTEXTS = [
    {},
    {"test": 0.3},
    {"optimizer": "adam"},
    {"optimizer": "lbfgs", "lr": None, "batch": None},
    {"early_stopping": "accuracy", "epochs": 30},
    {"momentum": 0.5},
    {"updates": 7, "epochs": None},
    {"engine": "definition"},
    {"data": "xor:samples=12,noise=0.2"},
]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    random = gd.RandomState(3)
    lines = ["a,b,weight,label"]
    for i in range(40):
        numbers = [random.normal(i % 2, 1.2), random.normal(-(i % 2), 1.1), random.uniform(0.2, 2)]
        lines.append(",".join(f"{x:.6f}" for x in numbers) + f",{i % 2}")
    path = tmp_path_factory.mktemp("idle") / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def asked(table, context, **option):
    given = {"data": table, **BASE, **context, **option}
    if given["data"] == table and not {"features", "drop", "sample_weight"} & set(option):
        given["drop"] = "weight"
    return {name: value for name, value in given.items() if value is not None}


def given_by(given):
    """What a run gives, or the words that refuse it."""
    try:
        result = gd.Experiment(**given).run()
    except (ValueError, OSError) as error:
        return str(error)
    history, fit = result.history, result.fit
    curves = map(tuple, (history.loss, history.test_loss, history.test_update))
    return result.model.parameters_sha256, fit.best_epoch, *curves


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::gradus.LearningWarning")
@pytest.mark.parametrize("context", CONTEXTS, ids=str)
def test_each_option_changes_the_run_or_is_refused(table, context):
    before = given_by(asked(table, context))
    assert not isinstance(before, str), before
    ignored = [
        name for name, tried in VALUES.items()
        if all(given_by(asked(table, context, **{name: value})) == before for value in tried)
    ]  # fmt: skip
    assert ignored == [], f"ignored beside {context}"


def test_knows_every_option():
    assert set(options.ExperimentOptions.__annotations__) == set(VALUES) | set(EXCEPTIONS)


def idle_words(ask):
    try:
        ask()
    except (ValueError, OSError) as error:
        found = re.fullmatch(r"\[\w+\] (\w+ has no effect here: .*)", str(error))
        return found and found[1]
    return None


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::gradus.LearningWarning")
@pytest.mark.parametrize("context", CONTEXTS, ids=str)
def test_fit_and_sweep_refuse_what_an_experiment_refuses(table, context):
    network, x, y = gd.Network(BASE["network"]), [[0.0, 1.0], [1.0, 0.0]], [0, 1]
    refused = []
    for name, tried in VALUES.items():
        given = asked(table, context, **{name: tried[0]})
        words = idle_words(lambda given=given: gd.Experiment(**given))
        assert idle_words(lambda given=given: gd.sweep(**given, threads=1)) == words
        refused += [name] * bool(words)
        if name not in options.TrainingOptions.__annotations__:
            continue
        training = {key: value for key, value in given.items() if key in options.TrainingOptions.__annotations__}
        test = (x, y) if "test" in given else None
        theta = network.initial_parameters()
        assert idle_words(lambda: gd.fit(network, theta, x, y, test=test, **training)) == words
    assert ("patience" in refused) == ("early_stopping" not in context)
    assert ("test_every" in refused) == ("test" not in context)
    assert ("separator" in refused) == ("data" in context)


def test_none_and_a_false_that_nobody_heeds_are_not_given(table):
    given = asked(table, {}, nesterov=False, patience=None, stratify=False)
    assert given_by(given) == given_by(asked(table, {}))
    assert "header" in given_by({**BASE, "data": "xor", "header": False})


def test_an_option_that_one_configuration_of_a_sweep_heeds_is_no_idle_one(table):
    found = gd.sweep(**asked(table, {}, optimizer=["sgd", "lbfgs"], lr=None), threads=1)
    assert len(found) == 2


@pytest.mark.parametrize("option", [{"separator": ";"}, {"target": "label"}, {"task": "regression"}, {"drop": "a"}])
@pytest.mark.parametrize("source", ["iris", "moons:noise=0.1"])
def test_load_data_refuses_what_only_a_file_has(source, option):
    (name,) = option
    with pytest.raises(ValueError, match=rf"^\[load_data\] {name} has no effect here: '{source}' is no file"):
        gd.load_data(source, **option)


# ---------------------------------------------------------------------------------------------------------- makers
MAKERS = {
    gd.make_blobs: {
        "samples": (7, 9), "features": (3, 4), "centers": (2, [[0, 0], [1, 1], [2, 0]]), "cluster_std": (0.5, 2.0),
        "center_box": ((0, 1), (2, 3)), "shuffle": (False,), "random_state": (5, 6),
    },
    gd.make_moons: {"samples": (7, 9), "shuffle": (False,), "noise": (0.1, 0.2), "random_state": (5, 6)},
    gd.make_circles: {
        "samples": (7, 9), "shuffle": (False,), "noise": (0.1, 0.2), "factor": (0.3, 0.6), "random_state": (5, 6),
    },
    gd.make_spirals: {
        "samples": (7, 9), "arms": (3, 4), "turns": (0.5, 1.0), "shuffle": (False,), "noise": (0.1, 0.2),
        "random_state": (5, 6),
    },
    gd.make_xor: {"samples": (7, 9), "noise": (0.1, 0.2), "random_state": (5, 6)},
    gd.make_gaussian: {"samples": (7, 9), "range": ((0, 1), (-1, 1)), "noise": (0.1, 0.2), "random_state": (5, 6)},
}  # fmt: skip


def made(make, given):
    try:
        data = make(**given)
    except ValueError:
        return None
    return data.x.tobytes() + np.asarray(data.y).tobytes()


def draws(make, given):
    shuffles = "shuffle" in MAKERS[make] and "shuffle" not in given
    return make is gd.make_blobs or shuffles or "noise" in given


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_each_argument_of_a_maker_changes_the_data_or_is_refused_beside_each_other(make):
    table = MAKERS[make]
    signature = make.__nb_signature__[0][0]
    assert set(re.findall(r"(\w+): ", signature)) == set(table)
    for context in [{}, *({name: value} for name, tried in table.items() for value in tried)]:
        before = made(make, context)
        assert before is not None, context
        for name, tried in table.items():
            if name in context or (name == "random_state" and not draws(make, context)):
                continue
            for value in tried:
                assert made(make, {**context, name: value}) != before, (context, name, value)


def test_every_maker_is_walked():
    assert {make.__name__ for make in MAKERS} == {name for name in dir(gd) if name.startswith("make_")}
    assert inspect.isbuiltin(gd.make_blobs) or gd.make_blobs.__nb_signature__
