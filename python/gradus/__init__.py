# SPDX-License-Identifier: MIT
"""A laboratory for small neural networks that can be seen through.

>>> import gradus as gd
>>> data = gd.make_circles(500, noise=0.1, factor=0.4, random_state=7)
>>> train, test = data.split(0.4, random_state=42)
>>> network = gd.Network("2-16tanh-2softmax")
>>> theta = network.initial_parameters("glorot", random_state=42)
>>> print(gd.check(network, theta, train.x[:20], train.y[:20]).passed)
True
>>> result = gd.fit(network, theta, train.x, train.y, optimizer="adam", lr=0.01, epochs=30)
>>> model = gd.Model(network, theta, class_names=train.class_names)
>>> bool(gd.metrics.accuracy(model.classify(test.x), test.y) > 0.95)
True

Networks, losses, optimizers and schedules are texts, the same as on the command line; parameters are one NumPy array
that you own. `gradus.plot` draws with matplotlib, on axes of your own.
"""

from . import autodiff, exchange, metrics, options, plot
from ._core import (
    Bank,
    BlockCheck,
    Dataset,
    Diagnosis,
    Epoch,
    Experiment,
    ExperimentResult,
    ExplainedLayer,
    Explanation,
    FastCheck,
    FitResult,
    FunctionCheck,
    GradientCheck,
    History,
    LearningWarning,
    Model,
    Network,
    ParameterBlock,
    Predictor,
    Progress,
    Quiz,
    QuizVerdict,
    RandomState,
    Scaler,
    Scores,
    Sweep,
    SweepProgress,
    check,
    check_fast,
    check_function,
    explain,
    export_onnx,
    fit,
    k_fold,
    load_data,
    load_digits,
    load_iris,
    loss_and_gradient,
    make_blobs,
    make_circles,
    make_gaussian,
    make_moons,
    make_spirals,
    make_xor,
    predict,
    step_curve,
    sweep,
    train_test_split,
)
from ._core import version as __version__
from .autodiff import grad, value_and_grad
from .exchange import export_weights, import_weights

__all__ = [
    "Bank",
    "BlockCheck",
    "Dataset",
    "Diagnosis",
    "Epoch",
    "Experiment",
    "ExperimentResult",
    "ExplainedLayer",
    "Explanation",
    "FastCheck",
    "FitResult",
    "FunctionCheck",
    "GradientCheck",
    "History",
    "LearningWarning",
    "Model",
    "Network",
    "ParameterBlock",
    "Predictor",
    "Progress",
    "Quiz",
    "QuizVerdict",
    "RandomState",
    "Scaler",
    "Scores",
    "Sweep",
    "SweepProgress",
    "__version__",
    "autodiff",
    "check",
    "check_fast",
    "check_function",
    "exchange",
    "explain",
    "export_onnx",
    "export_weights",
    "fit",
    "grad",
    "import_weights",
    "k_fold",
    "load_data",
    "load_digits",
    "load_iris",
    "loss_and_gradient",
    "make_blobs",
    "make_circles",
    "make_gaussian",
    "make_moons",
    "make_spirals",
    "make_xor",
    "metrics",
    "options",
    "plot",
    "predict",
    "step_curve",
    "sweep",
    "train_test_split",
    "value_and_grad",
]
