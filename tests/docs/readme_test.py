# SPDX-License-Identifier: MIT
"""The README tells the truth: its programs are examples, and its tour of the command line prints what it says."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


def matches(expected, output):
    """`...` in the README stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, output, re.DOTALL) is not None


def test_programs():
    examples = [path.read_text() for path in sorted((ROOT / "examples").glob("*.cpp"))]
    outputs = [path.read_text() for path in sorted((ROOT / "examples").glob("*.out"))]
    programs = blocks("cpp")
    assert len(programs) >= 2
    for program in programs:
        assert program in examples, "a program in the README is no example:\n" + program
    for output in blocks(""):
        assert output in outputs, "the README prints what no example does:\n" + output


def test_tour():
    cli = pathlib.Path(os.environ["GRADUS_CLI"])
    steps = []
    for block in blocks("console"):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                steps.append((line[2:].strip(), []))
            else:
                steps[-1][1].append(line)
    assert len(steps) >= 5
    with tempfile.TemporaryDirectory() as folder:
        for command, lines in steps:
            words = shlex.split(command)
            assert words[0] == "gradus", command
            run = subprocess.run([str(cli), *words[1:]], cwd=folder, capture_output=True, text=True)
            # Progress and remarks go to standard error; of a failure, all that is said does.
            shown = run.stdout if run.returncode == 0 else run.stderr
            assert matches("".join(lines), shown), f"{command}\n--- README\n{''.join(lines)}--- printed\n{shown}"


def test_a_wrong_line_would_be_noticed():
    assert matches("a ... c\n", "a b c\n")
    assert not matches("a ... c\n", "a b d\n")
    assert not matches("a\n", "a\nb\n")


if __name__ == "__main__":
    for test in (test_programs, test_tour, test_a_wrong_line_would_be_noticed):
        test()
        print("ok", test.__name__)
