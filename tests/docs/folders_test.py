# SPDX-License-Identifier: MIT
"""A code folder of more than ten files has a README that says what lies where, and names no file that is gone."""

import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".cpp", ".hpp", ".py", ".pyi", ".ts", ".sh", ".cmake", ""}  # a script has no ending
TOP = (
    "apps",
    "bench",
    "cmake",
    "examples",
    "fuzz",
    "include",
    "page",
    "python",
    "scripts",
    "src",
    "studies",
    "tests",
    "wasm",
)


def code_folders():
    for top in TOP:
        for folder, folders, names in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name not in ("__pycache__", "node_modules")]
            yield pathlib.Path(folder), [name for name in names if pathlib.Path(name).suffix in CODE]


def wanting(folder, names):
    """What is missing from a folder: its README, or files that the README speaks of."""
    readme = folder / "README.md"
    if len(names) > 10 and not readme.is_file():
        return [f"{len(names)} files and no README.md"]
    if not readme.is_file():
        return []
    spoken_of = re.findall(r"`([\w-]+\.(?:cpp|hpp|py|pyi|ts|tsx|cmake))`", readme.read_text())
    return [f"README.md speaks of {name}" for name in spoken_of if name not in names]


def test_every_large_folder_explains_itself():
    folders = list(code_folders())
    assert len(folders) > 40
    wrong = {str(folder.relative_to(ROOT)): wanting(folder, names) for folder, names in folders}
    wrong = {folder: missing for folder, missing in wrong.items() if missing}
    assert not wrong, wrong


def test_a_missing_readme_and_a_file_that_is_gone_would_be_noticed():
    many = [f"{letter}.cpp" for letter in "abcdefghijk"]
    assert wanting(ROOT / "tests/docs", many) == ["11 files and no README.md"]
    assert wanting(ROOT / "tests/docs", many[:10]) == []
    assert "README.md speaks of plan_cases.hpp" in wanting(ROOT / "tests/engine", [])


OTHER_SUBJECTS = {"cli": "apps/gradus", "docs": "docs", "studies": "studies"}


def subject_of(folder):
    """What the tests of a folder test; none if there is no such thing."""
    places = [OTHER_SUBJECTS[folder]] if folder in OTHER_SUBJECTS else [f"include/gradus/{folder}", f"src/{folder}"]
    return next((place for place in places if (ROOT / place).is_dir()), None)


def test_each_folder_of_tests_has_its_subject():
    tests = list((ROOT / "tests").rglob("*_test.cpp"))
    assert len(tests) > 50
    for test in tests:
        folder = test.parent.relative_to(ROOT / "tests").as_posix()
        assert subject_of(folder), f"tests/{folder} tests nothing: expected include/gradus/{folder} or src/{folder}"
    assert subject_of("attic") is None


def gaps(names):
    """The numbers at which a row of numbered names is broken: given twice, or left out."""
    numbers = sorted(int(name.split("_")[0]) for name in names)
    return [number for place, number in enumerate(numbers, 1) if number != place][:1]


def test_examples_are_numbered_without_gaps():
    names = [path.stem for path in (ROOT / "examples").glob("*.cpp")]
    assert len(names) > 5
    assert gaps(names) == []
    assert gaps(["01_a", "03_b"]) == [3]
    assert gaps(["01_a", "01_b"]) == [1]


if __name__ == "__main__":
    for test in (
        test_examples_are_numbered_without_gaps,
        test_each_folder_of_tests_has_its_subject,
        test_every_large_folder_explains_itself,
        test_a_missing_readme_and_a_file_that_is_gone_would_be_noticed,
    ):
        test()
        print("ok", test.__name__)
