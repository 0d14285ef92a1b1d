# SPDX-License-Identifier: MIT
"""A laboratory for small neural networks that can be seen through."""

from ._core import Network, __version__

__all__ = ["Network", "__version__"]
