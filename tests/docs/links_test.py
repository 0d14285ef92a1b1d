# SPDX-License-Identifier: MIT
"""What a page of the documentation points at is there: files behind links, paths in the text, and pages named by the code."""

import fnmatch
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A path from the top of the project, or as it is included; NAME and NNNN stand for any.
PATH = re.compile(
    r"`((?:include|src|apps|studies|python|examples|bench|docs|tests|scripts|cmake|data|fuzz|wasm|page)/[\w./-]*)`"
)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")


def files_of(*patterns):
    """What lies in the project, less what was built."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in ("build", "report", "node_modules") and name[0] != "."]
        for name in names:
            if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                yield pathlib.Path(folder, name)


def broken(page, text):
    """What `text`, as the file `page`, points at in vain."""
    links = [link for link in LINK.findall(text) if not re.match(r"\w+:", link)]
    paths = [path for path in PATH.findall(text) if not re.search(r"/[\w-]*NAME|/NNNN", path)]
    return [link for link in links if not (page.parent / link).exists()] + [
        path for path in paths if not (ROOT / path).exists() and not (ROOT / "include/gradus" / path).exists()
    ]


def test_pages():
    pages = list(files_of("*.md"))
    assert len(pages) > 40
    wrong = {str(page.relative_to(ROOT)): broken(page, page.read_text()) for page in pages}
    wrong = {page: missing for page, missing in wrong.items() if missing}
    assert not wrong, f"pages point at what is not there: {wrong}"


def test_pages_named_in_the_code():
    files = list(files_of("*.cpp", "*.hpp", "*.py", "*.pyi", "*.sh", "*.cmake", "CMakeLists.txt", "Makefile"))
    assert len(files) > 300
    for file in files:
        for page in PAGE.findall(file.read_text()):
            assert (ROOT / page).exists() or file == pathlib.Path(__file__), f"{file} names {page}, which is not there"


def test_a_wrong_link_or_path_would_be_noticed():
    page = ROOT / "docs/proof.md"
    assert broken(page, "[a](nowhere.md) and `src/nn/nowhere.cpp`") == ["nowhere.md", "src/nn/nowhere.cpp"]
    assert broken(page, "[a](proof.md#top), [b](https://example.org), `src/nn/`, `docs/decisions/NNNN-title.md`") == []


if __name__ == "__main__":
    for test in (test_pages, test_pages_named_in_the_code, test_a_wrong_link_or_path_would_be_noticed):
        test()
        print("ok", test.__name__)
