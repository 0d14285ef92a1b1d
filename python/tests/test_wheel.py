# SPDX-License-Identifier: MIT
"""The module as a user gets it: by pip, into an empty environment."""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile

import gradus as gd
import pytest

for name in ("nanobind", "scikit_build_core", "matplotlib"):
    pytest.importorskip(name)

ROOT = pathlib.Path(__file__).parents[2]
DOWNLOADS = ROOT / "build" / "downloads"
README = (ROOT / "README.md").read_text()


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def wheel(folder):
    run(ROOT / "scripts" / "wheel", sys.executable, folder)
    (path,) = folder.glob("*.whl")
    return path


def files(archive):
    with zipfile.ZipFile(archive) as archive:
        return sorted(archive.namelist())


def test_in_an_empty_environment_the_lines_of_the_readme_print_what_it_says_and_nothing_stays_behind(folder, wheel):
    environment = folder / "empty"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    # The versions that the tests run with, which are downloaded once.
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(
        f"{found.name}=={found.version}\n" for found in importlib.metadata.distributions() if found.name != "gradus"))  # fmt: skip
    what = ["--only-binary", ":all:", "--find-links", DOWNLOADS, "-c", constraints, f"{wheel}[plot]"]
    DOWNLOADS.mkdir(exist_ok=True)
    if subprocess.run([*pip, "install", "--no-index", *what], capture_output=True).returncode != 0:
        run(*pip, "download", "--dest", DOWNLOADS, *what)
        run(*pip, "install", "--no-index", *what)

    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (expected,) = re.findall(r"which prints\n\n```text\n(True.*?)```", README, re.DOTALL)
    (folder / "readme.py").write_text(code)
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    assert run(python, "readme.py", cwd=folder, env={**alone, "MPLBACKEND": "agg"}) == expected
    assert (folder / "circles.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "circles.png").stat().st_size > 10_000

    run(*pip, "uninstall", "--yes", "gradus")
    assert not list(environment.rglob("*gradus*"))


def test_the_wheel_holds_the_package_alone_and_says_what_it_needs(wheel):
    assert {name.split("/")[0] for name in files(wheel)} == {"gradus", f"gradus-{gd.__version__}.dist-info"}
    assert not [name for name in files(wheel) if name.endswith((".cpp", ".hpp", ".txt", ".pyc"))]
    (distribution,) = importlib.metadata.distributions(path=[str(wheel)])
    metadata = distribution.metadata
    assert (metadata["Name"], metadata["Version"], metadata["Requires-Python"]) == ("gradus", gd.__version__, ">=3.10")
    assert (metadata["License-Expression"], metadata.get_all("License-File")) == ("MIT", ["LICENSE"])
    assert metadata["Description"].strip() == README.strip()
    needs = [need.replace("'", '"') for need in distribution.requires]
    assert needs == ["numpy>=1.24", 'scikit-learn>=1.6; extra == "sklearn"', 'scipy; extra == "sklearn"',
                     'matplotlib; extra == "plot"']  # fmt: skip


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not in a checkout of git")
def test_the_source_distribution_holds_what_git_holds(folder):
    build = "import sys, scikit_build_core.build as backend; backend.build_sdist(sys.argv[1])"
    run(sys.executable, "-c", build, folder, cwd=ROOT)
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.split("/", 1)[1] for name in archive.getnames()}
    known = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    assert held == {"PKG-INFO", *(name for name in known if (ROOT / name).is_file())}
