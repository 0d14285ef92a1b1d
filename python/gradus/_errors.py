# SPDX-License-Identifier: MIT
"""Errors about what is read in Python, worded as the library words its own."""

from __future__ import annotations


def one_line(text: str) -> str:
    """A text that repeats what others wrote, in one line: what would end it or move a cursor is shown as '?'."""
    return "".join(c if c.isprintable() else "?" for c in text)


def file_error(path: str, message: str) -> OSError:
    """That a file cannot be read."""
    return OSError(one_line(f"{path}: {message}"))
