# SPDX-License-Identifier: MIT
"""Figures of networks with matplotlib, drawn on axes of your own or on new ones.

Each function draws on `ax`, or on the axes of a new figure, and returns the axes. Classes have the colours of Okabe and
Ito and a marker each; curves are named at their ends; axes are thin and grey, without a box. matplotlib is imported when
the first figure is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._core import (
    Dataset,
    ExperimentResult,
    FitResult,
    History,
    Model,
    Network,
    class_color,
    field_colors,
    series_color,
    step_curve,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["decision_regions", "gradient_error", "history"]

_INK, _SLATE, _GREY = "#222222", "#555555", "#969696"
_MARKERS = "os^DvP"
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":")

Classifier = Model | Callable[[NDArray[np.float64]], ArrayLike] | Any


def decision_regions(
    model: Classifier,
    x: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    class_names: Sequence[str] = (),
    grid: int = 200,
) -> Axes:
    """What a classifier says about each point of the plane, and the points it learned from.

    Two classes: a field from blue through white to orange, and the line P(class 1) = 1/2. More: the class colours mixed
    by their probabilities, and lines between the regions.

    Parameters
    ----------
    model : Model, callable, or estimator with predict_proba or predict
        A callable takes points (n, 2) and gives probabilities (n, classes), or of class 1 (n,) or (n, 1).
    x : array or data frame of shape (samples, 2), or a Dataset, which has its own labels
    y : array of shape (samples,)
        Labels: whole numbers from 0; of an estimator its ``classes_``, whatever they are; of a model its class names.
    ax : matplotlib Axes, optional
    class_names : sequence of str
        Else those of the data set, the model or the estimator, or ``class 0``, ``class 1``, ...
    grid : int
        Points a side.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If x does not have two columns, x and y differ in length, or the grid is of less than two points.
    TypeError
        If x or y are no numbers, or the model is none of the three.

    Examples
    --------
    >>> import gradus as gd
    >>> data = gd.make_moons(60, noise=0.1)
    >>> ax = gd.plot.decision_regions(lambda points: points[:, 1] > 0.25, data.x, data.y, grid=20)
    >>> ax.get_xlabel(), len(ax.collections) > 1
    ('$x_0$', True)
    """
    if isinstance(x, Dataset):
        if y is not None:
            raise TypeError("[plot] expected no y beside a Dataset, which has its own")
        class_names = class_names or x.class_names
        y, x = x.y, x.x
    if y is None:
        raise TypeError("[plot] expected the labels y, or a Dataset in place of x")
    named = _class_names(model, class_names)
    points, labels = _numbers("x", x).astype(np.float64), _labels(model, y)
    if grid < 2:
        raise ValueError(f"[plot] expected a grid of at least 2 points a side, got {grid}")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"[plot] expected x with 2 columns, got shape {points.shape}")
    if labels.shape != points.shape[:1]:
        raise ValueError(f"[plot] expected a label for each of {len(points)} samples, got shape {labels.shape}")
    (left, right), (bottom, top) = (_range(points[:, k]) for k in (0, 1))
    u, v = np.meshgrid(np.linspace(left, right, grid), np.linspace(bottom, top, grid))
    p = _probabilities(model, np.column_stack([u.ravel(), v.ravel()]))
    axes = _axes(ax, "$x_0$", "$x_1$")
    colors = field_colors(p).reshape(grid, grid, 3)
    axes.imshow(colors, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear")
    count = max(p.shape[1], 2)
    names = named or [f"class {k}" for k in range(count)]
    for k in range(count):
        mine = points[labels == k]
        axes.scatter(
            mine[:, 0], mine[:, 1], s=22, c=class_color(k), marker=_MARKERS[k % 6], edgecolors="white",
            linewidths=0.6, label=names[k] if k < len(names) else f"class {k}", zorder=3,
        )  # fmt: skip
    for level in _boundaries(p):
        axes.contour(u, v, level.reshape(grid, grid), levels=[0.0], colors=_INK, linewidths=1.1)
    if count == 2:
        axes.plot([], [], color=_INK, linewidth=1.1, label=f"P({names[1]}) = 1/2")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(count + 1, 5), frameon=False, labelcolor=_INK,
                handletextpad=0.3, columnspacing=1.2, borderaxespad=0.2)  # fmt: skip
    return axes


def history(
    run: History | FitResult | ExperimentResult | Model, ax: Axes | None = None, *, metric: str = "loss"
) -> Axes:
    """The loss (or the accuracy) over training, and on the test set where there was one.

    Parameters
    ----------
    run : FitResult, ExperimentResult, History, or a Model that keeps one
    ax : matplotlib Axes, optional
    metric : {'loss', 'accuracy'}

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is nothing on record.
    TypeError
        If the run has no history.

    Examples
    --------
    >>> import gradus as gd
    >>> network = gd.Network("1-1")
    >>> result = gd.fit(network, network.initial_parameters(), [[0.0], [1.0]], [1.0, 3.0], epochs=5)
    >>> gd.plot.history(result).get_xlabel()
    'update'
    """
    if metric not in ("loss", "accuracy"):
        raise ValueError(f"[plot] expected the metric loss or accuracy, got {metric!r}")
    record = run if isinstance(run, History) else getattr(run, "history", None)
    if not isinstance(record, History):
        raise TypeError(f"[plot] expected a FitResult, an ExperimentResult or a History, got {type(run).__name__}")
    series = {
        "training": (record.update, getattr(record, metric)),
        "test": (record.test_update, getattr(record, f"test_{metric}")),
    }
    present = {name: xy for name, xy in series.items() if len(xy[1])}
    if not present:
        raise ValueError(f"[plot] there is no {metric} in this history")
    axes = _axes(ax, "update", metric)
    axes.grid(axis="y", color=_GREY, alpha=0.25, linewidth=0.6)
    _name_ends(axes, _curves(axes, present))
    return axes


def gradient_error(
    network: Network,
    theta: ArrayLike,
    x: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    loss: str = "auto",
) -> Axes:
    """The error of finite differences against their step: the V that no choice of step escapes.

    Too long a step bends away from the tangent, too short a one drowns in rounding; the complex step has nothing to
    cancel and stays at the bottom.

    Parameters
    ----------
    network, theta, x, y, loss
        As for `step_curve`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import gradus as gd
    >>> network = gd.Network("2-3tanh-1")
    >>> ax = gd.plot.gradient_error(network, network.initial_parameters(), [[1.0, 2.0]], [1.0])
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    """
    curve = step_curve(network, theta, x, y, loss=loss)
    axes = _axes(ax, "step h", "relative error of the derivative (1)")
    axes.set_xscale("log")
    axes.set_yscale("log")
    # Where nothing is off, there is nothing to draw on a logarithmic axis: half a unit in the last place stands for it.
    floor = np.finfo(np.float64).eps / 2
    names = {"forward": "forward", "central": "central", "complex": "complex step"}
    steps = curve["steps"]
    lines = _curves(axes, {name: (steps, np.maximum(curve[key], floor)) for key, name in names.items()})
    # Each is named where it runs alone: above the long arm of the V, beside its tip, above the floor.
    forward, central, complex_ = (np.asarray(lines[name].get_ydata()) for name in names.values())
    arm, tip, ground = int(np.abs(np.log(steps / 1e-5)).argmin()), int(central.argmin()), steps < 1e-10
    for name, at, shift, side in (
        ("forward", (steps[arm], forward[arm]), (-5, 4), "right"),
        ("central", (steps[tip], central[tip]), (-10, -11), "right"),
        ("complex step", (1e-12, complex_[ground].max()), (0, 5), "center"),
    ):
        axes.annotate(name, at, xytext=shift, textcoords="offset points", ha=side, color=lines[name].get_color())
    return axes


def _numbers(what: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"[plot] expected {what} of numbers, got an array of dtype {array.dtype}")
    return array


def _class_names(model: Classifier, given: Sequence[str]) -> list[str]:
    """Those that are given, or that the model or the estimator has for its classes."""
    known = list(given) or list(getattr(model, "class_names", ()))
    return known or [str(label) for label in getattr(model, "classes_", ())]


def _labels(model: Classifier, y: ArrayLike) -> NDArray[Any]:
    """Whole numbers from 0: of an estimator's labels their places among its `classes_`, of words those of a model."""
    labels = np.asarray(y)
    classes = getattr(model, "classes_", None)
    if classes is None and labels.dtype.kind not in "biuf":
        classes = getattr(model, "class_names", None) or None
    if classes is None:
        return _numbers("y", labels)
    place = {label: k for k, label in enumerate(np.asarray(classes).tolist())}
    unknown = [label for label in labels.tolist() if label not in place]
    if unknown:
        raise ValueError(f"[plot] expected labels among the classes {list(place)}, got {unknown[0]!r}")
    return np.array([place[label] for label in labels.tolist()], dtype=np.int64)


def _axes(ax: Axes | None, x_label: str, y_label: str) -> Axes:
    """The axes, in the house's style."""
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(figsize=(5.6, 3.8), layout="constrained")[1]
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(color=_GREY, linewidth=0.7)
    ax.tick_params(color=_GREY, labelcolor=_SLATE, width=0.7, which="both")
    ax.set_xlabel(x_label, color=_SLATE)
    ax.set_ylabel(y_label, color=_SLATE)
    return ax


def _curves(axes: Axes, series: Mapping[str, tuple[Any, Any]]) -> dict[str, Line2D]:
    """Each in a colour and a dash of its own."""
    lines = {}
    for k, (name, (x, y)) in enumerate(series.items()):
        (lines[name],) = axes.plot(x, y, color=series_color(k), linestyle=_DASHES[k % 4], linewidth=1.6, label=name)
    axes.margins(x=0.02)
    return lines


def _name_ends(axes: Axes, lines: Mapping[str, Line2D]) -> None:
    """Names beside the curves' right ends, moved apart where these lie close together."""
    axes.get_xlim(), axes.get_ylim()  # the limits that these lines ask for, before they are asked where they end
    ends = {name: np.asarray(line.get_xydata())[-1] for name, line in lines.items()}
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = {name: float(to_axes.transform(end)[1]) for name, end in ends.items()}
    placed = -1.0
    for name in sorted(heights, key=heights.__getitem__):
        placed = max(heights[name], placed + 0.07)
        axes.annotate(name, (ends[name][0], placed), xycoords=axes.get_xaxis_transform(), xytext=(6, 0),
                      textcoords="offset points", color=lines[name].get_color(), va="center",
                      annotation_clip=False)  # fmt: skip


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Of the finite values, widened by 5 % at each end."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    margin = 0.05 * (high - low) if high > low else max(0.5, 0.5 * abs(low))
    return low - margin, high + margin


def _probabilities(model: Classifier, points: NDArray[np.float64]) -> NDArray[np.float64]:
    if hasattr(model, "predict_proba"):
        answer = model.predict_proba(points)
    elif hasattr(model, "classes_") and hasattr(model, "predict"):
        answer = np.equal.outer(np.asarray(model.predict(points)), np.asarray(model.classes_))
    elif isinstance(model, Model):
        answer = model.predict(points)
    elif callable(model):
        answer = model(points)
    else:
        raise TypeError(
            f"[plot] expected a Model, a callable or an estimator with predict_proba, got {type(model).__name__}"
        )
    p = np.asarray(answer, dtype=np.float64)
    return p.reshape(len(points), -1)


def _boundaries(p: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Functions that are zero on the lines between regions."""
    if p.shape[1] <= 2:
        return [p[:, -1] - 0.5]
    others = [np.max(np.delete(p, k, axis=1), axis=1) for k in range(p.shape[1])]
    return [p[:, k] - others[k] for k in range(p.shape[1])]
