# SPDX-License-Identifier: MIT
"""How well predictions meet the truth. ValueError if the two do not fit together, or for no samples."""

from ._core import accuracy, confusion_matrix, log_loss, mean_squared_error, predicted_classes, r2_score

__all__ = ["accuracy", "confusion_matrix", "log_loss", "mean_squared_error", "predicted_classes", "r2_score"]
