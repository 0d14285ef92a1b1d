# SPDX-License-Identifier: MIT
"""The decisions are numbered without gaps, dated and listed, and scripts/decisions notices where they are not."""

import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(folder):
    command = [str(ROOT / "scripts/decisions"), "--check"]
    run = subprocess.run(command, env={**os.environ, "DECISIONS": str(folder)}, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def spoiled(spoil):
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "decisions"
        shutil.copytree(ROOT / "docs/decisions", folder)
        spoil(folder)
        return check(folder)


def test_the_decisions_are_in_order():
    code, said = check(ROOT / "docs/decisions")
    assert code == 0, said


def test_a_gap_a_number_twice_a_missing_date_or_title_and_a_stale_list_are_noticed():
    second = next((ROOT / "docs/decisions").glob("0002-*")).name
    lines = (ROOT / "docs/decisions" / second).read_text().split("\n")

    def rewrite(line, text):
        return lambda folder: (folder / second).write_text("\n".join([*lines[:line], text, *lines[line + 1 :]]))

    faults = {
        "expected number 0002": lambda folder: (folder / second).unlink(),
        "expected number 0003": lambda folder: shutil.copy(folder / second, folder / "0002-zwilling.md"),
        "expected the first line": rewrite(0, "Losses fuse"),
        "expected a date": rewrite(2, "some day"),
        "run scripts/decisions": rewrite(0, "# 0002: Another title"),
    }
    for message, spoil in faults.items():
        code, said = spoiled(spoil)
        assert code != 0 and message in said, f"expected '{message}', got {code}: {said}"


if __name__ == "__main__":
    for test in (
        test_the_decisions_are_in_order,
        test_a_gap_a_number_twice_a_missing_date_or_title_and_a_stale_list_are_noticed,
    ):
        test()
        print("ok", test.__name__)
