# SPDX-License-Identifier: MIT
"""Converters of other packages, which go by a table of classes, told of ours."""

import importlib
from typing import Any

from ._classifier import MLPClassifier
from ._regressor import MLPRegressor


def register_skl2onnx() -> None:
    """Tells skl2onnx of these estimators, so that pipelines with them convert.

    What it writes is what it writes of ``to_sklearn()``: nodes, names, options such as ``zipmap``, types. What scikit-learn
    does not know, such as dropout or ``gelu``, is refused there; ``to_onnx()`` writes such a model by itself.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Examples
    --------
    >>> import gradus.sklearn
    >>> gradus.sklearn.register_skl2onnx()  # doctest: +SKIP
    >>> skl2onnx.to_onnx(make_pipeline(StandardScaler(), gradus.sklearn.MLPClassifier()).fit(X, y), X[:1])  # doctest: +SKIP
    """
    skl2onnx: Any = importlib.import_module("skl2onnx")
    shapes: Any = importlib.import_module("skl2onnx.common.shape_calculator")
    theirs: Any = importlib.import_module("skl2onnx.operator_converters.multilayer_perceptron")

    def by_twin(convert: Any) -> Any:
        def converter(scope: Any, operator: Any, container: Any) -> None:
            ours = operator.raw_operator
            operator.raw_operator = ours.to_sklearn()
            try:
                convert(scope, operator, container)
            finally:
                operator.raw_operator = ours

        return converter

    skl2onnx.update_registered_converter(
        MLPClassifier,
        "GradusMLPClassifier",
        shapes.calculate_linear_classifier_output_shapes,
        by_twin(theirs.convert_sklearn_mlp_classifier),
        options={
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [True, False],
            "raw_scores": [True, False],
        },
        overwrite=True,
    )
    skl2onnx.update_registered_converter(
        MLPRegressor,
        "GradusMLPRegressor",
        shapes.calculate_linear_regressor_output_shapes,
        by_twin(theirs.convert_sklearn_mlp_regressor),
        overwrite=True,
    )
