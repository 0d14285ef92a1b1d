# SPDX-License-Identifier: MIT
"""Draws docs/figures/python.svg: what gradus.plot draws."""

import pathlib

import gradus as gd
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "gradus"  # the same bytes each time
matplotlib.rcParams["svg.fonttype"] = "none"
from matplotlib import pyplot  # noqa: E402

train, test = gd.make_circles(500, noise=0.2, factor=0.4, random_state=7).split(0.4, random_state=42)
network = gd.Network("2-16tanh-2softmax")
theta = network.initial_parameters("glorot", random_state=42)
figure, axes = pyplot.subplots(1, 3, figsize=(11, 3.3), layout="constrained")
gd.plot.gradient_error(network, theta, train.x[:20], train.y[:20], ax=axes[2])
result = gd.fit(network, theta, train.x, train.y, test=(test.x, test.y), optimizer="adam", lr=0.01, epochs=60)
gd.plot.decision_regions(gd.Model(network, theta, class_names=["outer", "inner"]), test.x, test.y, axes[0], grid=100)
gd.plot.history(result, axes[1])
figure.savefig(pathlib.Path(__file__).with_suffix(".svg"), metadata={"Date": None})
