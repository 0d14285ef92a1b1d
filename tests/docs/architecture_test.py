# SPDX-License-Identifier: MIT
"""No include points up: the rooms of docs/architecture.md stand as its pictures say, and an arrow up is noticed."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def plans():
    loader = importlib.machinery.SourceFileLoader("architecture", str(ROOT / "scripts/architecture"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("architecture", loader))
    loader.exec_module(module)
    return module


ARCHITECTURE = plans()


def house(files):
    """What the plan of the house says of a project of these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        plan, within = ARCHITECTURE.PLANS["architecture"]
        return ARCHITECTURE.faults(pathlib.Path(folder), plan, within)


def test_the_house_stands_as_it_is_drawn():
    run = subprocess.run([str(ROOT / "scripts/architecture"), "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_file_has_a_room_and_the_graph_is_not_empty():
    for name, (plan, within) in ARCHITECTURE.PLANS.items():
        found, homeless = ARCHITECTURE.arrows(ROOT, plan, within)
        rooms = {room for floor in plan for room in floor}
        assert not homeless
        assert {room for arrow in found for room in arrow} == rooms, f"{name}: a room stands alone"


def test_an_arrow_up_one_sideways_and_a_file_without_a_room_would_be_noticed():
    core, nn = "include/gradus/core/a.hpp", "include/gradus/nn/b.hpp"
    assert house({core: "", nn: '#include "gradus/core/a.hpp"\n'}) == []
    (up,) = house({core: '#include "gradus/nn/b.hpp"\n', nn: ""})
    assert up == f"{core} (core) includes {nn} (nn), which is not below it"
    (angled,) = house({core: "#  include <gradus/nn/b.hpp>\n", nn: ""})
    assert angled == up
    data = "src/data/c.hpp"
    (sideways,) = house({data: "", nn: '#include "data/c.hpp"\n'})
    assert "(data)" in sideways
    (homeless,) = house({"src/attic/d.cpp": ""})
    assert homeless.startswith("src/attic/d.cpp: no room")


if __name__ == "__main__":
    for test in (
        test_the_house_stands_as_it_is_drawn,
        test_every_file_has_a_room_and_the_graph_is_not_empty,
        test_an_arrow_up_one_sideways_and_a_file_without_a_room_would_be_noticed,
    ):
        test()
        print("ok", test.__name__)
