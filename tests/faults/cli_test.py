# SPDX-License-Identifier: MIT
"""Whatever call of the system or allocation fails, and whenever the power goes, the command line loses nothing.

The n-th call fails, alone or with all after it, for n = 1, 2, ... until a run gets through without meeting it. Each time: no signal ends the
program, it says one line unless it succeeds, a file that was there is the old or the new one, and nothing is left over.
Allocations are too many to fail each in turn in a test of seconds; GRADUS_EVERY_ALLOCATION=1 does it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GRADUS = os.environ["GRADUS_CLI"]
INTERPOSER = os.environ["GRADUS_INTERPOSER"]
ALL = "GRADUS_EVERY_ALLOCATION" in os.environ

DATA = "".join(f"{i % 7 / 4},{i * 3 % 11 / 8},{'ab'[i % 7 * 3 > i * 3 % 11]}\n" for i in range(40))
TRAIN = ["train", "mine.csv", "--network", "2-3tanh-2softmax", "--epochs", "2", "--test", "0.25", "--quiet"]
SWEEP = ["sweep", "mine.csv", "--network", "2-{2,3}tanh-2softmax"]
EXPERIMENT = ["--save-experiment", "e.toml"]

# A command, and the files that stand there before it and may be the old or the new ones afterwards.
COMMANDS = {
    "train": ([*TRAIN, "--lr", "0.5", "-o", "old.model", *EXPERIMENT], ["old.model", "e.toml"]),
    "run": (["run", "e.toml", "--quiet", "-o", "old.model"], ["old.model"]),
    "predict": (["predict", "old.model", "mine.csv", "--quiet", "-o", "p.csv"], ["p.csv"]),
    "data": (["data", "moons", "--samples", "30", "--quiet", "-o", "d.csv"], ["d.csv"]),
    "pour": (["data", "moons", "--samples", "30", "--quiet", "-o", "/dev/stdout"], []),
    "show": (["show", "old.model", "--quiet"], []),
    "sweep": (
        [*SWEEP, "--epochs", "2", "--seeds", "2", "--threads", "1", "--quiet", "-o", "s"],
        ["s/best.model"],
    ),
}


def gradus(folder, words, fault=None):
    environment = dict(os.environ)
    if fault:
        environment |= {"LD_PRELOAD": INTERPOSER, "GRADUS_FAULT": fault, "GRADUS_FAULT_STRUCK": str(folder / "struck")}
    environment["PATH"] = str(folder)  # no gnuplot: a report without pictures is enough here
    return subprocess.run([GRADUS, *words], cwd=folder, env=environment, capture_output=True, text=True)


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class Place:
    """A folder as it was before a command, and what the command makes of it when nothing fails."""

    def __init__(self, name, words, kept):
        self.words, self.kept = words, kept
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gradus_faults_{name}_"))
        (self.folder / "mine.csv").write_text("x,y,label\n" + DATA)
        for before in ([*TRAIN, "-o", "old.model", *EXPERIMENT], COMMANDS["predict"][0], COMMANDS["data"][0]):
            assert gradus(self.folder, before).returncode == 0
        if name == "sweep":  # a sweep to go on from, with one seed less
            gradus(self.folder, [w if w != "2" or words[i - 1] != "--seeds" else "1" for i, w in enumerate(words)])
        (self.folder / ".gradus-2147483647-0.tmp").write_text("of a process that was killed")
        self.before = files(self.folder)
        self.status = gradus(self.folder, words).returncode
        self.after = files(self.folder)
        self.restore()

    def restore(self):
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, content in self.before.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

    def fail(self, fault, outcome, why):
        sys.exit(f"{' '.join(self.words)}\n{fault}: {why}\nstatus {outcome.returncode}\n{outcome.stderr}")

    def check(self, fault, outcome):
        now = files(self.folder)
        struck = now.pop("struck", None) is not None
        if outcome.returncode not in (0, 1, 2):
            self.fail(fault, outcome, "ended by a signal")
        lines = outcome.stderr.count("\n")
        if outcome.returncode == 0 and lines:
            self.fail(fault, outcome, "expected silence")
        if outcome.returncode != 0 and (lines != 1 or not outcome.stderr.startswith("gradus: ")):
            self.fail(fault, outcome, "expected one line")
        left = [name for name in now if name not in self.before and name not in self.after]
        if left:
            self.fail(fault, outcome, f"left over: {left}")
        for name in self.before:
            if name not in now and name in self.after:
                self.fail(fault, outcome, f"lost: {name}")
        for name in set(self.kept) & set(self.before):
            if now[name] not in (self.before[name], self.after.get(name)):
                self.fail(fault, outcome, f"neither the old nor the new one: {name}")
        if now["mine.csv"] != self.before["mine.csv"]:
            self.fail(fault, outcome, "the data changed")
        if outcome.returncode == 0 and self.status == 0:
            for name in self.kept:
                if now.get(name) != self.after[name]:
                    self.fail(fault, outcome, f"it is said to have succeeded, but is not the new one: {name}")
        return struck


def each_call_fails(place, kind, step=1):
    n = 1
    while True:
        outcome = gradus(place.folder, place.words, f"{kind}{n}")
        struck = place.check(f"{kind}{n}", outcome)
        place.restore()
        if not struck:
            return n
        n += step


def each_power_cut(place):
    """After each the next run finds everything sound, and does what the first would have done."""
    n = 1
    while True:
        outcome = gradus(place.folder, place.words, f"p{n}")
        struck = (place.folder / "struck").exists()
        if struck and outcome.returncode != 86:
            place.fail(f"p{n}", outcome, "expected the power to be gone")
        again = gradus(place.folder, place.words)
        if again.returncode != place.status:
            place.fail(f"p{n}", again, "the next run fails")
        now = files(place.folder)
        for name in place.kept:
            if now[name] != place.after[name]:
                place.fail(f"p{n}", again, f"the next run gives another {name}")
        left = [name for name in now if name.endswith(".tmp") and name not in place.after]
        if left:
            place.fail(f"p{n}", again, f"left over by the first, and not swept by the next: {left}")
        place.restore()
        if not struck:
            return n
        n += 1


def main():
    for name, (words, kept) in COMMANDS.items():
        place = Place(name, words, kept)
        calls = each_call_fails(place, "s")
        if each_call_fails(place, "g") != calls:
            sys.exit("expected as many calls where all after one fail")
        allocations = each_call_fails(place, "a", 1 if ALL else 211)
        cuts = each_power_cut(place) if kept else 0
        print(f"{name}: {calls - 1} calls, {allocations - 1} allocations, {cuts} cuts of the power")
        if calls < 5 or allocations < 100:
            sys.exit("too few to be true: is the interposer at work?")
        shutil.rmtree(place.folder)


main()
