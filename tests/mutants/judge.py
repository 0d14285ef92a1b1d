# SPDX-License-Identifier: MIT
"""Runs the tests of a program in which faults are planted, each fault against the tests that come by its place."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

MOST = 65536  # faults, as in mutant.hpp
BITS = "bits"  # a program of its own: the table of hashes


class Tests:
    """The tests of a build folder: how long each takes, and which faults it comes by."""

    def __init__(self, build, bits_expected, home, chosen="*"):
        self.build, self.home = pathlib.Path(build), pathlib.Path(home)
        self.program, self.bits = self.build / "tests/gradus_tests", self.build / "tests/bits"
        self.expected = pathlib.Path(bits_expected).read_bytes()
        self.seconds, self.reached = {}, {}
        self.chosen = chosen

    def names(self):
        command = [self.program, "--gtest_list_tests", f"--gtest_filter={self.chosen}"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        suite = ""
        for line in listed.splitlines():
            if not line.startswith(" "):
                suite = line.split("#")[0].strip()
            elif not suite.startswith("DISABLED_"):
                yield suite + line.split("#")[0].strip()
        if self.chosen == "*":
            yield BITS

    def passes(self, names, seconds, **environment):
        """Whether these pass, and what was printed; a loop without end fails."""
        folder = self.home / f"run-{os.getpid()}-{names[0].replace('/', '_')[:80]}-{time.monotonic_ns()}"
        folder.mkdir(parents=True)
        (folder / "flags").write_text(f"--gtest_filter={':'.join(names)}\n--gtest_fail_fast\n--gtest_brief=1\n")
        command = [self.bits] if names == [BITS] else [self.program, f"--gtest_flagfile={folder / 'flags'}"]
        locales = {"LOCPATH": str(self.build / "locales"), "TEST_TMPDIR": str(folder) + "/"}
        with open(folder / "out", "wb") as out:
            err = subprocess.DEVNULL if names == [BITS] else subprocess.STDOUT  # it tells there where it ran
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder, start_new_session=True,
                                       env={**os.environ, **locales, **environment})  # fmt: skip
            try:
                status = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                status = "time"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # and what it started
                process.wait()
        said = (folder / "out").read_bytes()
        subprocess.run(["rm", "-rf", folder])
        good = status == 0 and (names != [BITS] or said == self.expected)
        return good, "" if good else f"{status}", said.decode(errors="replace")

    def record(self, jobs, limit=60):
        """Runs every test by itself. Those that fail or take longer than `limit` are left out, and returned."""
        (self.home / "reached").mkdir(parents=True, exist_ok=True)

        def one(name):
            file = self.home / "reached" / re.sub(r"\W", "_", name)
            file.write_bytes(bytes(MOST))
            began = time.monotonic()
            good, _, _ = self.passes([name], limit, GRADUS_MUTANTS_REACHED=str(file))
            taken = time.monotonic() - began
            numbers = [number for number, byte in enumerate(file.read_bytes()) if byte]
            file.unlink()
            return name, good, taken, numbers

        left_out = []
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for name, good, taken, numbers in pool.map(one, self.names()):
                if good:
                    self.seconds[name], self.reached[name] = taken, numbers
                else:
                    left_out.append(name)
        return left_out

    def save(self, path, **more):
        path.write_text(json.dumps({"seconds": self.seconds, "reached": self.reached, **more}))

    def load(self, path):
        kept = json.loads(path.read_text())
        self.seconds, self.reached = kept["seconds"], kept["reached"]

    def groups(self, number):
        """The tests that come by a fault, quick ones first, in groups that take ever longer."""
        names = sorted((name for name, numbers in self.reached.items() if number in numbers), key=self.seconds.get)
        group, seconds, size = [], 0.0, 0.3
        for name in names:
            if name == BITS:
                continue
            group.append(name)
            seconds += self.seconds[name]
            if seconds > size:
                yield group, seconds
                group, seconds, size = [], 0.0, size * 4
        if group:
            yield group, seconds
        if BITS in names:
            yield [BITS], self.seconds[BITS]

    def judge(self, number, most=float("inf")):
        """(outcome, the test that noticed) of a fault; a survivor has seen the tests that fit into `most` seconds."""
        seen, spent = 0, 0.0
        for names, seconds in self.groups(number):
            if spent + seconds > most:
                return f"survived {seen} tests", "not all were tried"
            good, status, said = self.passes(names, 20 * seconds + 60, GRADUS_MUTANT=str(number))
            if not good:
                failed = re.search(r"\[  FAILED  \] (\S+?),? ", said + " ")
                return "killed", failed[1] if failed else f"{names[0]} ({status})"
            seen, spent = seen + len(names), spent + seconds
        return (f"survived {seen} tests" if seen else "not reached"), ""
