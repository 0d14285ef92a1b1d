# SPDX-License-Identifier: MIT
"""Every public name is documented with an example, and every example gives what it says."""

import doctest
import inspect

import gradus as gd
import pytest

MODULES = (gd, gd.metrics, gd.plot, gd.autodiff)
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if not inspect.ismodule(getattr(module, name)) and not isinstance(getattr(module, name), str)
}


def documented():
    """(name, text) of every public object, its methods, and the modules themselves."""
    for module in MODULES:
        yield module.__name__, module.__doc__
    for name, thing in PUBLIC.items():
        yield name, thing.__doc__
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and getattr(value, "__doc__", None):
                    yield f"{name}.{member}", value.__doc__


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_docstring_with_an_example(name):
    assert ">>>" in (PUBLIC[name].__doc__ or "")


@pytest.mark.parametrize(("name", "text"), list(documented()))
def test_the_examples_of_a_docstring_give_what_they_say(name, text, monkeypatch):
    if "plot" in name:
        pytest.importorskip("matplotlib")
    monkeypatch.setenv("MPLBACKEND", "agg")
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    report = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert failed == 0, "".join(report)


def test_the_options_for_type_checkers_are_those_that_the_library_reads():
    from gradus import _core, options

    assert sorted(options.TrainingOptions.__annotations__) == sorted(_core.option_names(training=True))
    every = {**options.TrainingOptions.__annotations__, **options.ExperimentOptions.__annotations__}
    assert sorted(every) == sorted(_core.option_names(training=False))
