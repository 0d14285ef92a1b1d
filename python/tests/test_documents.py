# SPDX-License-Identifier: MIT
"""The pages for Python's users do what they say: README, docs/python.md and the notebooks."""

import doctest
import pathlib
import re
import warnings

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def fenced(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / path).read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_page_give_what_they_say():
    text = "\n".join(fenced("docs/python.md", "pycon"))
    assert text.count(">>>") > 20
    report = []
    example = doctest.DocTestParser().get_doctest(text, {}, "docs/python.md", None, 0)
    failed, _ = doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert failed == 0, "".join(report)


def test_the_lines_of_the_readme_train_prove_and_plot(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(tmp_path)
    (code,) = fenced("README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert (tmp_path / "circles.png").stat().st_size > 10_000
    (expected,) = re.findall(r"which prints\n\n```text\n(True.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert printed == expected


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_and_is_kept_without_its_outputs(path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own making
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    figures = sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    assert figures >= 3
