# SPDX-License-Identifier: MIT
"""A run that is kept survives whatever ends it: killed at random moments, while it trains and while it saves, it goes on
to the model of one that nobody touched. GRADUS_KILLS=500 kills so often (25 unless told)."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

GRADUS = os.environ["GRADUS_CLI"]
KILLS = int(os.environ.get("GRADUS_KILLS", "25"))
TRAIN = [
    "train",
    "moons:samples=200,noise=0.2",
    "--network",
    "2-16tanh-2softmax",
    "--optimizer",
    "adam",
    "--test",
    "0.2",
    "--quiet",
    "--batch",
    "8",
]
EPOCHS = ["--epochs", "150"]


def gradus(folder, *words):
    return subprocess.run([GRADUS, *words], cwd=folder, capture_output=True, text=True)


def killed_after(folder, seconds, how, *words):
    """The exit status of a command that gets a signal."""
    process = subprocess.Popen(
        [GRADUS, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    time.sleep(seconds)
    process.send_signal(how)
    words = process.communicate()[1]
    return process.returncode, words


def test_killed_at_random_moments_it_ends_with_the_same_model(folder):
    began = time.monotonic()
    assert gradus(folder, *TRAIN, *EPOCHS, "-o", "whole.model", "--run", "whole").returncode == 0
    whole = time.monotonic() - began
    expected = (folder / "whole.model").read_bytes()
    assert (folder / "whole/final.model").read_bytes() == expected
    moments = random.Random(7)
    kills = runs = 0
    while kills < KILLS:
        name = f"run{runs}"
        runs += 1
        command = [*TRAIN, *EPOCHS, "-o", f"{name}.model", "--run", name, "--every", "0s"]
        while True:
            status, _ = killed_after(folder, moments.uniform(0, whole), signal.SIGKILL, *command)
            if status == 0:
                break
            kills += 1
            # Killed before there was anything, it begins as it was asked to.
            if (folder / name / "experiment.toml").exists():
                command = ["resume", name, "--quiet", "--every", "0s"]
            if kills >= KILLS:
                command = ["resume", name, "--quiet"] if command[0] == "resume" else command
                assert gradus(folder, *command).returncode == 0
                break
        assert (folder / name / "final.model").read_bytes() == expected, name
        assert (folder / f"{name}.model").read_bytes() == expected, name
        left = [path.name for path in (folder / name).rglob(".gradus-*")]
        assert len(left) <= 1, left  # what the last kill left; every save sweeps
    return f"{kills} kills over {runs} runs"


def test_stopped_by_hand_it_says_how_to_go_on(folder):
    for how in (signal.SIGINT, signal.SIGTERM):
        name = f"stopped{how}"
        long = [*TRAIN[:-3], "--batch", "8", "--epochs", "1000000"]
        status, words = killed_after(folder, 1.0, how, *long, "-o", "s.model", "--run", name)
        assert status == 130, (status, words)
        assert f"gradus resume {name}" in words, words
        before = sorted(path.name for path in (folder / name / "snapshots").iterdir())
        assert len(before) >= 2, before
        answer = gradus(folder, "resume", name, "--epochs", "5")
        assert answer.returncode == 2 and "rewind" in answer.stderr, answer.stderr


def test_what_is_no_run_or_cannot_be_is_refused_in_one_line(folder):
    (folder / "full").mkdir()
    (folder / "full/notes.txt").write_text("mine")
    data = ["train", "xor", "--network", "2-4tanh-2softmax", "-o", "x.model", "--epochs", "3"]
    assert gradus(folder, *data, "--run", "kept").returncode == 0
    refused = {
        "a full folder": [*data, "--run", "full"],
        "a run that is there": [*data, "--run", "kept"],
        "no run": ["resume", "full"],
        "nothing": ["rewind", "nowhere", "--to", "0"],
        "too far": ["rewind", "kept", "--to", "99"],
        "too far to branch": ["branch", "kept", "--from", "99", "-o", "b"],
        "an option that trains nothing": ["branch", "kept", "--from", "1", "-o", "b", "--network", "2-3-2"],
        "--every without a run": [*data, "--every", "1s"],
        "a time that is none": [*data, "--run", "other", "--every", "soon"],
    }
    for what, words in refused.items():
        answer = gradus(folder, *words)
        assert answer.returncode in (1, 2), (what, answer)
        lines = [line for line in answer.stderr.splitlines() if line.startswith("gradus:")]
        assert len(lines) == 1, (what, answer.stderr)
    assert not (folder / "b").exists() and not (folder / "other").exists()
    assert (folder / "full/notes.txt").read_text() == "mine"


def main():
    for test in [value for name, value in globals().items() if name.startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            print(test.__name__, test(pathlib.Path(folder)) or "")


sys.exit(main())
