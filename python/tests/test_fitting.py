# SPDX-License-Identifier: MIT
"""What fits together is one verdict in the same words: of `gd.fit` as of an experiment, which the command line runs."""

import gradus as gd
import numpy as np
import pytest
from gradus._core import lists

# Of each kind of targets a file can hold: what stands in it, the task, the targets as `fit` takes them.
KINDS = {
    "two classes, one output": ("no yes yes no no", "classification", [[0.0], [1.0], [1.0], [0.0], [0.0]]),
    "two classes": ("no yes yes no no", "classification", np.array([0, 1, 1, 0, 0])),
    "three classes": ("u v w v u", "classification", np.array([0, 1, 2, 1, 0])),
    "bits": ("0 1 1 0 1", "regression", [[0.0], [1.0], [1.0], [0.0], [1.0]]),
    "shares": ("0.25 0.5 1 0 0.75", "regression", [[0.25], [0.5], [1.0], [0.0], [0.75]]),
    "counts": ("0 3 1 2 0", "regression", [[0.0], [3.0], [1.0], [2.0], [0.0]]),
    "signed": ("-0.5 0.25 0.75 -1 0", "regression", [[-0.5], [0.25], [0.75], [-1.0], [0.0]]),
    "prices": ("103.5 99 101 98 97", "regression", [[103.5], [99.0], [101.0], [98.0], [97.0]]),
}
X = np.column_stack([np.arange(5) % 3, np.full(5, 0.5)]).astype(float)


def refused(f):
    try:
        f()
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_every_loss_after_every_last_layer_has_the_experiments_verdict(kind, tmp_path):
    texts, task, y = KINDS[kind]
    outputs = len(set(y)) if isinstance(y, np.ndarray) else 1
    path = tmp_path / "data.csv"
    rows = [f"{a:g},{b:g},{t}" for (a, b), t in zip(X, texts.split(), strict=True)]
    path.write_text("\n".join(["a,b,target", *rows]) + "\n")
    verdicts = []
    for last in ["", *lists.last_layers()]:
        network = gd.Network(f"2-{outputs}{last}")
        for loss in ["auto", *lists.losses()]:
            theta = network.initial_parameters(random_state=0)
            verdict = refused(lambda: gd.fit(network, theta, X, y, loss=loss, epochs=0))
            experiment = gd.Experiment(data=str(path), task=task, network=str(network), loss=loss, epochs=0)
            assert refused(experiment.run) == verdict, (str(network), loss)
            verdicts.append(verdict)
    assert None in verdicts and any(verdicts)


def test_what_cannot_be_meant_is_refused_before_it_is_learned():
    price = 100 + 3 * np.random.RandomState(0).randn(120, 1)
    inputs = np.random.RandomState(1).randn(120, 2)

    def fit(text, y, **options):
        network = gd.Network(text)
        return gd.fit(network, network.initial_parameters(random_state=0), inputs, y, **options)

    with pytest.raises(ValueError, match="binary-cross-entropy needs classes .* use mse and a linear last layer"):
        fit("2-4relu-1sigmoid", price)
    with pytest.raises(ValueError, match="ends in a softmax of one output, which is always 1"):
        fit("2-4tanh-1softmax", (inputs[:, 0] > 0).astype(int))
    with pytest.raises(ValueError, match="cross-entropy needs classes"):
        fit("2-4relu-2softmax", np.hstack([price, price]))
    with pytest.raises(ValueError, match="target 1 is .* in the mean, but the network ends in sigmoid"):
        fit("2-4relu-1sigmoid", price, loss="mse")
    with pytest.raises(ValueError, match="cross-entropy needs probabilities that sum to 1"):
        fit("2-4relu-2sigmoid", (inputs[:, 0] > 0).astype(int), loss="cross-entropy")


def test_an_accuracy_of_several_sigmoids_is_that_of_the_largest_output():
    iris = gd.load_iris()
    network = gd.Network("4-8tanh-3sigmoid")
    theta = network.initial_parameters(random_state=0)
    result = gd.fit(network, theta, iris.x, iris.y, test=(iris.x, iris.y), optimizer="adam", lr=0.01, epochs=30)
    model = gd.Model(network, theta, class_names=iris.class_names)
    assert result.history.test_accuracy[-1] == gd.metrics.accuracy(model.classify(iris.x), iris.y)
