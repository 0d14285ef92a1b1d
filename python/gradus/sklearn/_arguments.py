# SPDX-License-Identifier: MIT
"""What a parameter of an estimator is, and what is made of one: constructor, check, documentation and types."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from textwrap import indent, wrap
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions


@dataclass(frozen=True)
class Kind:
    """What values may be given.

    Attributes
    ----------
    constraints : list
        In scikit-learn's own terms, so that its own words say what they may not be.
    type : str
        For type checkers.
    words : str
        For people.
    """

    constraints: list[Any]
    type: str
    words: str

    def __or__(self, other):
        return Kind(
            self.constraints + other.constraints, f"{self.type} | {other.type}", f"{self.words} or {other.words}"
        )


def real(low, high=None, closed="left"):
    return Kind([Interval(Real, low, high, closed=closed)], "float", "float")


def whole(low):
    return Kind([Interval(Integral, low, None, closed="left")], "int", "int")


def one_of(*names, type=None):
    """One of some texts; `type` names them in the stub, where they are many."""
    listed = ", ".join(f'"{name}"' for name in names)
    return Kind([StrOptions(set(names))], type or f"Literal[{listed}]", f"{{{listed}}}")


FLAG = Kind(["boolean"], "bool", "bool")
NONE = Kind([None], "None", "None")


@dataclass(frozen=True)
class Only:
    """Where a parameter has an effect."""

    text: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Argument:
    """A parameter of one estimator, or of both.

    Attributes
    ----------
    name, default, kind
    text : str
        What it does, in one line or two.
    only : Only, optional
        Where it has an effect; None: everywhere.
    own : bool
        Whether scikit-learn's estimators have none of this name.
    of : str, optional
        The estimator it is a parameter of; None: of both.
    positional : bool
        Whether it can be given without its name.
    """

    name: str
    default: Any
    kind: Kind
    text: str
    only: Only | None = None
    own: bool = False
    of: str | None = None
    positional: bool = False

    def is_asked_for(self, value):
        """Whether a value asks for anything but what the default gives."""
        if self.default is None:
            return value is not None and not (hasattr(value, "__len__") and len(value) == 0)
        if isinstance(value, bool | int | float | str):
            return value != self.default
        try:
            return not np.all(np.asarray(value) == self.default)
        except ValueError:
            return True

    def documentation(self):
        """As numpydoc has it."""
        default = f'"{self.default}"' if isinstance(self.default, str) else repr(self.default)
        text = self.text if self.only is None else f"{self.text} Has an effect only with {self.only.text}."
        return f"{self.name} : {self.kind.words}, default={default}\n" + indent("\n".join(wrap(text, 112)), "    ")


def arguments_of(table, estimator):
    """The estimator's parameters in the order of its signature: those by position, then those by name."""
    mine = [a for a in table if a.of in (None, estimator)]
    return sorted(mine, key=lambda a: not a.positional)


def estimator(table):
    """Of a class: gives it its constructor, what scikit-learn checks, and in its docstring what `{parameters}` stands
    for."""

    def complete(cls):
        arguments = arguments_of(table, cls.__name__)
        cls._arguments = arguments
        cls._parameter_constraints = {a.name: a.kind.constraints for a in arguments}
        cls.__init__ = _constructor(cls, arguments)
        if cls.__doc__:  # there is none under python -OO
            cls.__doc__ = cls.__doc__.replace("    {parameters}\n", indent(documentation(arguments), "    "))
        return cls

    return complete


def documentation(arguments):
    return "".join(f"{a.documentation()}\n" for a in arguments)


def _constructor(cls, arguments):
    """A function with the signature that scikit-learn reads parameters off, which only keeps what it is given. Made
    from text, as dataclasses make theirs: a call then costs what it costs of any function, and complains as they do."""
    listed = [f"{a.name}=defaults[{k}]" for k, a in enumerate(arguments)]
    listed.insert(sum(a.positional for a in arguments), "*")
    body = "".join(f"\n    self.{a.name} = {a.name}" for a in arguments)
    names: dict[str, Any] = {"defaults": [a.default for a in arguments]}
    exec(f"def __init__(self, {', '.join(listed)}):{body}", names)
    init = names["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


def per_layer(value, layers, name):
    """One value for each hidden layer: `value` itself, if it is a sequence of as many."""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return (value,) * layers
    values = tuple(value)
    if len(values) != layers:
        raise ValueError(f"{name} must be one value, or one for each of the {layers} hidden layers, got {value!r}.")
    return values
