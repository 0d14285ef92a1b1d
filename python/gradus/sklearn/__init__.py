# SPDX-License-Identifier: MIT
"""Scikit-learn's multi-layer perceptrons on the engine of Gradus.

``from gradus.sklearn import MLPClassifier, MLPRegressor`` takes the place of the same import from
``sklearn.neural_network``: the same parameters, attributes, methods, warnings and messages, and from the same
``random_state`` the same initial weights, the same shuffles, the same losses. What is different, and what is there
beside, is written in docs/sklearn.md.
"""

import sklearn.neural_network as _theirs

from ._classifier import MLPClassifier
from ._converters import register_skl2onnx
from ._regressor import MLPRegressor

# So that isinstance says yes, and functools.singledispatch: tools choose by it what they do. No method is inherited.
_theirs.MLPClassifier.register(MLPClassifier)
_theirs.MLPRegressor.register(MLPRegressor)

__all__ = ["MLPClassifier", "MLPRegressor", "register_skl2onnx"]
