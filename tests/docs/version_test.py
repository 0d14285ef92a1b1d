# SPDX-License-Identifier: MIT
"""The version is written in one place, project() in CMakeLists.txt, and the CHANGELOG tells what is new in it."""

import hashlib
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
(VERSION,) = re.findall(r"^project\(gradus VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
CODE = {".cpp", ".hpp", ".py", ".pyi", ".txt", ".cmake", ".in", ".toml", ".json", ".sh", ""}


def literals(text):
    """How often `text` says the version, as a text or as a CMake version."""
    return len(re.findall(rf"""["' ]v?{re.escape(VERSION)}["' )\n]""", text))


def test_one_place():
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in ("build", "report", "data", "corpus", "node_modules", ".git")
        ]
        for name in names:
            path = pathlib.Path(folder, name)
            if path.suffix in CODE and name != "requirements.txt" and literals(path.read_text(errors="replace")):
                found[str(path.relative_to(ROOT))] = literals(path.read_text(errors="replace"))
    assert found == {"CMakeLists.txt": 1}, f"the version {VERSION} is written elsewhere: {found}"


def test_the_program_says_it():
    said = subprocess.run([os.environ["GRADUS_CLI"], "--version"], capture_output=True, text=True, check=True).stdout
    assert said == f"gradus {VERSION}\n"


def test_the_changelog_has_what_is_new():
    headings = re.findall(r"^## \[(.*?)\](?: - (.*))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == ("Unreleased", ""), headings
    released = [name for name, _ in headings[1:]]
    assert released == sorted(released, key=lambda text: [int(part) for part in text.split(".")], reverse=True), (
        released
    )
    for name, date in headings[1:]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", date), f"expected a date after [{name}], got '{date}'"


def tells_of(changelog, table):
    """Whether the newest heading "Last bits" names this table of hashes by its own."""
    newest = changelog.partition("### Last bits")[2].partition("\n#")[0]
    return f"sha256 {hashlib.sha256(table).hexdigest()[:16]}" in newest


def test_no_hash_changes_without_a_line_in_the_changelog():
    changelog, table = (ROOT / "CHANGELOG.md").read_text(), (ROOT / "tests/bits/hashes.txt").read_bytes()
    assert tells_of(changelog, table), (
        "tests/bits/hashes.txt is not the one that CHANGELOG.md names under Last bits: say there what is computed "
        f"otherwise, and name the new table: sha256 {hashlib.sha256(table).hexdigest()[:16]}"
    )
    assert not tells_of(changelog, table.replace(b"0", b"1", 1)), "one digit"


def test_a_second_literal_would_be_noticed():
    assert literals(f'version = "{VERSION}"\n') == 1
    assert literals(f"set(version {VERSION})") == 1
    assert literals(f"9.{VERSION}") == 0


if __name__ == "__main__":
    for test in (
        test_one_place,
        test_the_program_says_it,
        test_the_changelog_has_what_is_new,
        test_no_hash_changes_without_a_line_in_the_changelog,
        test_a_second_literal_would_be_noticed,
    ):
        test()
        print("ok", test.__name__)
