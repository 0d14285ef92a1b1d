# SPDX-License-Identifier: MIT
"""Random configurations, data and sequences of calls, asked of both: fuzz/sklearn_twins.py, a part of its cases."""

import collections
import importlib.util
import json
import pathlib

import pytest
from gradus.sklearn import MLPClassifier, MLPRegressor

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES, PARTS = 2000, 20


def load():
    spec = importlib.util.spec_from_file_location("sklearn_twins", ROOT / "fuzz" / "sklearn_twins.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


twins = load()


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_different_but_what_the_document_names(part):
    counts = collections.Counter()
    for number in range(part * CASES // PARTS, (part + 1) * CASES // PARTS):
        word, detail = twins.verdict(number)
        counts[word] += 1
        assert word != "unexplained", f"case {number}: {twins.Case(number).words()}\n{detail}"
    assert counts["the same"] > 0.8 * CASES / PARTS, counts


def test_the_document_has_the_words():
    document = (ROOT / "docs" / "sklearn.md").read_text()
    for words in twins.NAMED.values():
        assert words in document


@pytest.mark.parametrize("fault", ["alpha", "t_", "_decide", "_optimizer_text"])
def test_a_fault_is_found(fault, monkeypatch):
    if fault == "alpha":
        initialize = MLPClassifier._initialize

        def stronger(self, *arguments):
            self.alpha *= 1.0001
            initialize(self, *arguments)

        monkeypatch.setattr(MLPClassifier, "_initialize", stronger)
    elif fault == "t_":
        check = MLPRegressor._check_weights
        monkeypatch.setattr(
            MLPRegressor, "_check_weights", lambda self: (check(self), vars(self).update(t_=self.t_ + 1))
        )
    elif fault == "_decide":
        decide = MLPClassifier._decide
        monkeypatch.setattr(MLPClassifier, "_decide", lambda self, outputs: decide(self, 1 - outputs))
    else:
        text = MLPRegressor._optimizer_text
        monkeypatch.setattr(MLPRegressor, "_optimizer_text", lambda self: text(self).replace(",nesterov", ""))
    assert "unexplained" in {twins.verdict(number)[0] for number in range(40)}


def test_a_job_that_was_cut_off_goes_on(tmp_path, capsys):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert twins.main(["--count", "12", "--out", str(whole)]) == 0
    table = capsys.readouterr().out
    cut.write_text(whole.read_text()[:-5])
    assert twins.main(["--count", "12", "--out", str(cut)]) == 0
    assert cut.read_text() == whole.read_text()
    assert capsys.readouterr().out == table
    assert [json.loads(line)[0] for line in cut.read_text().splitlines()] == list(range(12))
