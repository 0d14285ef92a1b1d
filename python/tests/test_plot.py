# SPDX-License-Identifier: MIT
import subprocess
import sys

import gradus as gd
import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

DATA = gd.make_blobs(60, centers=3, random_state=1)
NETWORK = gd.Network("2-8tanh-3softmax")
THETA = NETWORK.initial_parameters(random_state=1)
RESULT = gd.fit(NETWORK, THETA, DATA.x, DATA.y, optimizer="adam", lr=0.05, epochs=20, test=(DATA.x, DATA.y))


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def test_matplotlib_is_imported_on_use_only():
    code = "import gradus, sys; assert 'matplotlib' not in sys.modules; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "model",
    [gd.Model(NETWORK, THETA, class_names=["a", "b", "c"]), gd.Predictor(NETWORK, THETA),
     lambda points: gd.predict(NETWORK, THETA, points)],
    ids=["model", "predictor", "function"],
)  # fmt: skip
def test_regions_are_drawn_for_whatever_gives_probabilities(model):
    ax = gd.plot.decision_regions(model, DATA.x, DATA.y, grid=30)
    (image,) = ax.get_images()
    # Where the classifier is sure, the field has the colour of the class, lightened.
    p = gd.predict(NETWORK, THETA, DATA.x[:1])
    assert p.max() > 0.9
    colors = image.get_array()
    left, right, bottom, top = image.get_extent()
    column = int((DATA.x[0, 0] - left) / (right - left) * 29 + 0.5)
    row = int((DATA.x[0, 1] - bottom) / (top - bottom) * 29 + 0.5)
    pure = np.array(matplotlib.colors.to_rgb(gd._core.class_color(int(p.argmax())))) * 255
    np.testing.assert_allclose(colors[row, column], 255 + 0.45 * (pure - 255), atol=20)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == (["a", "b", "c"] if isinstance(model, gd.Model) else ["class 0", "class 1", "class 2"])


def test_an_estimator_of_two_classes_and_a_single_probability_are_drawn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    moons = gd.make_moons(40, noise=0.1)
    estimator = linear_model.LogisticRegression().fit(moons.x, moons.y)
    by_estimator = gd.plot.decision_regions(estimator, moons.x, moons.y, grid=10)
    by_column = gd.plot.decision_regions(lambda x: estimator.predict_proba(x)[:, 1], moons.x, moons.y, grid=10)
    assert np.array_equal(by_estimator.get_images()[0].get_array(), by_column.get_images()[0].get_array())


def test_figures_are_drawn_on_axes_of_ones_own():
    figure, axes = pyplot.subplots(1, 3)
    assert gd.plot.decision_regions(gd.Model(NETWORK, THETA), DATA.x, DATA.y, axes[0], grid=10) is axes[0]
    assert gd.plot.history(RESULT, axes[1]) is axes[1]
    assert gd.plot.gradient_error(NETWORK, THETA, DATA.x[:5], DATA.y[:5], ax=axes[2]) is axes[2]
    assert len(figure.axes) == 3 and all(not ax.spines["top"].get_visible() for ax in axes)


def test_curves_hold_the_numbers_and_are_named_at_their_ends():
    ax = gd.plot.history(RESULT, metric="accuracy")
    training, test = ax.get_lines()
    assert np.array_equal(training.get_ydata(), RESULT.history.accuracy)
    assert np.array_equal(test.get_ydata(), RESULT.history.test_accuracy)
    assert {text.get_text() for text in ax.texts} == {"training", "test"}
    heights = sorted(text.xy[1] for text in ax.texts)
    assert all(0 <= height <= 1.1 for height in heights)
    assert heights[1] - heights[0] >= 0.069  # moved apart
    experiment = gd.Experiment(data="iris", network="4-3softmax", epochs=2).run()
    assert len(gd.plot.history(experiment).get_lines()) == 1
    assert gd.plot.history(RESULT.history).get_ylabel() == "loss"


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: gd.plot.decision_regions(gd.Model(NETWORK, THETA), DATA.x[:, :1], DATA.y), "2 columns"),
        (lambda: gd.plot.decision_regions(gd.Model(NETWORK, THETA), DATA.x, DATA.y[:3]), "label for each of 60"),
        (lambda: gd.plot.history(RESULT, metric="error"), "loss or accuracy"),
        (
            lambda: gd.plot.history(gd.fit(gd.Network("1-1"), np.zeros(2), [[1.0]], [1.0]), metric="accuracy"),
            "no accuracy",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: gd.plot.decision_regions("model", DATA.x, DATA.y), TypeError, "estimator with predict_proba, got str"),
        (lambda: gd.plot.decision_regions(len, DATA.x, DATA.y.astype(str)), TypeError, "y of numbers, got .* dtype <U"),
        (
            lambda: gd.plot.decision_regions(len, [["a", "b"]], [0]),
            TypeError,
            "x of numbers, got an array of dtype <U1",
        ),
        (lambda: gd.plot.decision_regions(len, DATA.x, DATA.y, grid=1), ValueError, "at least 2 points a side, got 1"),
        (lambda: gd.plot.history([0.3, 0.2]), TypeError, "FitResult, an ExperimentResult or a History, got list"),
    ],
)
def test_what_is_no_model_no_data_and_no_history_is_refused_with_its_type(draw, error, message):
    with pytest.raises(error, match=r"^\[plot\] expected .*" + message):
        draw()
    assert not pyplot.get_fignums()  # nothing is left half drawn
