# SPDX-License-Identifier: MIT
"""Runs the benchmark: every contender stands ready as a process and they take turns, workload by workload, so that what
else the machine does hits them alike. Prints medians with least and most and the ratios to the best peer and to the
limit; writes build/bench.json.

    make bench                       all of it, as docs/performance.md shows it
    make bench BENCH="--only A,B"    some workloads
    make bench BENCH="--quick"       a look: fewer and shorter measurements
    make bench BENCH="--record"      all of it, and renew the table and figures of docs/performance.md
    make bench BENCH="--baseline /elsewhere/build/release/bench --contenders gradus"
                                     this build beside another one of Gradus
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent

# workload: what it is, unit, from a rate to the unit, threads, precisions, target by precision and threads
# fmt: off
WORKLOADS = {
    "A-relu": ("online descent, 2-16relu-2softmax", "M updates/s", lambda r: r / 1e6, {("float32", 1): 12, ("float64", 1): 9}),
    "A-tanh": ("online descent, 2-16tanh-2softmax", "M updates/s", lambda r: r / 1e6, {("float32", 1): 10, ("float64", 1): 6}),
    "B": ("2-16tanh-2softmax, batch 32", "M updates/s", lambda r: r / 1e6, {("float32", 1): 1.5, ("float64", 1): 0.7}),
    "C": ("iris 4-8sigmoid-3softmax, 5000 full batches", "s", lambda r: 5000 / r, {("float32", 1): 0.012, ("float64", 1): 0.025}),
    "D": ("digits 64-100relu-10softmax, Adam, batch 200: an epoch", "ms", lambda r: 1e3 / r, {("float32", 1): 0.9, ("float64", 1): 1.8}),
    "E": ("784-512-512-10 ReLU, Adam, batch 128", "k samples/s", lambda r: r / 1e3, {("float32", 1): 21, ("float32", 2): 40}),
    "F-tanh": ("one prediction, 2-16tanh-2softmax", "ns", lambda r: 1e9 / r, {("float32", 1): 25, ("float64", 1): None}),
    "F-relu": ("one prediction, 32-64relu-64relu-8", "ns", lambda r: 1e9 / r, {("float32", 1): 200, ("float64", 1): None}),
    "G-conv": ("digits 1x8x8-conv8k3relu-maxpool2-32relu-10softmax, Adam, batch 64", "k samples/s", lambda r: r / 1e3, {("float32", 1): None, ("float32", 2): None}),
    "R-elman": ("digits as 8 steps of 8: 32 Elman units, Adam, batch 64", "k samples/s", lambda r: r / 1e3, {("float32", 1): None}),
    "R-gru": ("the same with 32 GRU cells", "k samples/s", lambda r: r / 1e3, {("float32", 1): None}),
    "R-lstm": ("the same with 32 LSTM cells", "k samples/s", lambda r: r / 1e3, {("float32", 1): None}),
    "H": ("sweep of 120 networks 2-Htanh-2softmax, 20 000 online updates each", "networks/s", lambda r: r, {("float32", 1): 1500, ("float32", 2): 2900, ("float64", 1): None}),
}
# fmt: on
LESS_IS_BETTER = {"s", "ms", "ns"}
CONTENDERS = {  # name: command, from the folder of built programs and the Python of the virtual environment
    "gradus": lambda built: [built / "contender_gradus"],
    "limit": lambda built: [built / "contender_limit"],
    "NumPy": lambda built: [sys.executable, HERE / "contenders/numpy_peer.py"],
    "scikit-learn": lambda built: [sys.executable, HERE / "contenders/sklearn_peer.py"],
    "PyTorch": lambda built: ["/usr/bin/python3", HERE / "contenders/torch_peer.py"],
    "libtorch": lambda built: [built / "contender_libtorch"],
    "FANN": lambda built: [built / "contender_fann"],
    "dlib": lambda built: [built / "contender_dlib"],
}


def write_data(folder):
    """The same samples for everybody: sizes, x, labels."""
    from sklearn.datasets import load_digits, load_iris, make_circles

    def write(name, x, labels):
        head = np.array([*x.shape, labels.max() + 1], np.int64)
        raw = head.tobytes() + np.ascontiguousarray(x, np.float64).tobytes() + labels.astype(np.int64).tobytes()
        (folder / f"{name}.bin").write_bytes(raw)

    random = np.random.RandomState(7)
    write("circles", *make_circles(500, noise=0.2, factor=0.4, random_state=random))
    iris = load_iris()
    write("iris", (iris.data - iris.data.mean(0)) / iris.data.std(0), iris.target)
    digits = load_digits()
    write("digits", digits.data / 16, digits.target)
    for name, rows, features, classes in (("wide", 1024, 784, 10), ("wide32", 256, 32, 8)):
        x = random.rand(rows, features)
        write(name, x, np.argmax((x - 0.5) @ random.randn(features, classes), axis=1))


class Contender:
    def __init__(self, name, command, environment):
        self.name, self.log = name, Path(environment["GRADUS_BENCH_DATA"]) / f"{name}.log"
        self.process = None
        program = Path(command[0])
        if not program.exists():
            self.why = f"{program.name} is not built: its package is not installed"
            return
        self.process = subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            text=True,
            stderr=self.log.open("w"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def measure(self, workload, precision, threads, seconds):
        """(rate, score), or None where the contender has no such workload."""
        if not self.process:
            return None
        try:
            self.process.stdin.write(f"{workload} {precision} {threads} {seconds}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().split()
        except BrokenPipeError:
            answer = []
        if not answer:
            lines = self.log.read_text().strip().splitlines()
            self.why = "it ended: " + (lines[-1] if lines else "without a word")
            self.process = None
            return None
        return None if answer[0] == "absent" else (float(answer[0]), float(answer[1]))

    def close(self):
        if self.process:
            self.process.kill()


def clean_environment(data):
    """Peers at their best: their own choice of kernels, threads that sleep while others are measured."""
    drop = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    environment = {k: v for k, v in os.environ.items() if k not in drop}
    return environment | {"GRADUS_BENCH_DATA": str(data), "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}


def measure_all(contenders, workloads, rounds, seconds):
    results = []
    for workload in workloads:
        what, unit, convert, targets = WORKLOADS[workload]
        for (precision, threads), target in targets.items():
            values, scores = {}, {}
            for _ in range(rounds):
                for c in contenders:
                    measured = c.measure(workload, precision, threads, seconds)
                    if measured:
                        values.setdefault(c.name, []).append(convert(measured[0]))
                        scores[c.name] = measured[1]
            if np.isnan(scores.get("gradus", 0)):
                sys.exit(f"{workload}, {precision}: our score is no number, so that it means nothing how fast we were")
            rows = [
                {
                    "workload": workload,
                    "contender": name,
                    "precision": precision,
                    "threads": threads,
                    "value": statistics.median(v),
                    "unit": unit,
                    "min": min(v),
                    "max": max(v),
                    "loss": None if np.isnan(scores[name]) else scores[name],
                    "target": target if name == "gradus" else None,
                }
                for name, v in values.items()
            ]
            results += rows
            print_case(what, workload, precision, threads, target, rows)
    return results


def better(row, other):
    """How many times better row is than other."""
    ratio = row["value"] / other["value"]
    return 1 / ratio if row["unit"] in LESS_IS_BETTER else ratio


def print_case(what, workload, precision, threads, target, rows):
    goal = f"; target {target:g}" if target else ""
    print(f"\n{workload}  {what}, {precision}, {threads} thread{'s' * (threads > 1)}{goal}")
    ours = next((r for r in rows if r["contender"] == "gradus"), None)
    for r in sorted(rows, key=lambda r: -better(r, rows[0])):
        loss = "" if r["loss"] is None else f"   score {r['loss']:.4g}"
        times = "" if ours is None or r is ours else f"   gradus is {better(ours, r):.3g} times as fast"
        print(
            f"  {r['contender']:<13}{r['value']:>10.4g} {r['unit']:<12} ({r['min']:.4g} to {r['max']:.4g}){loss}{times}",
            flush=True,
        )


def table(results):
    """Markdown: ours, the best peer and the limit, a line a case."""

    def number(row):
        return f"{row['value']:.3g} ({row['min']:.3g} to {row['max']:.3g})"

    lines = [
        "| workload | precision | threads | unit | Gradus (least to most) | target | best peer | times as fast as it | of the limit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for ours in (r for r in results if r["contender"] == "gradus"):
        case = [r for r in results if all(r[k] == ours[k] for k in ("workload", "precision", "threads"))]
        peers = [r for r in case if r["contender"] not in ("gradus", "limit")]
        peer = max(peers, key=lambda r: better(r, ours), default=None)
        limit = next((r for r in case if r["contender"] == "limit"), None)
        lines.append(
            "| "
            + " | ".join(
                [
                    f"{ours['workload']}: {WORKLOADS[ours['workload']][0]}",
                    ours["precision"],
                    str(ours["threads"]),
                    ours["unit"],
                    number(ours),
                    f"{ours['target']:g}" if ours["target"] else "",
                    f"{peer['contender']} {peer['value']:.3g}" if peer else "",
                    f"{better(ours, peer):.3g}" if peer else "",
                    f"{100 * better(ours, limit):.0f} %" if limit else "",
                ]
            )
            + " |"
        )
    return "\n".join(lines) + "\n"


def beside_baseline(results):
    """This build beside the other, a line a case; the best turn of each is what the machine's other work touched least."""
    cases = {}
    for r in results:
        if r["contender"] in ("gradus", "baseline"):
            cases.setdefault((r["workload"], r["precision"], r["threads"]), {})[r["contender"]] = r
    lines = ["times as fast as the baseline       medians    best turns"]
    for (workload, precision, threads), pair in cases.items():
        if len(pair) == 2:
            best = "min" if pair["gradus"]["unit"] in LESS_IS_BETTER else "max"
            turns = better(*({**pair[name], "value": pair[name][best]} for name in ("gradus", "baseline")))
            lines.append(
                f"  {workload:<10}{precision:<10}{threads:<10}{better(pair['gradus'], pair['baseline']):>13.3f}{turns:>14.3f}"
            )
    return "\n".join(lines)


def record(machine, results, costs):
    """Renews what docs/performance.md says of this machine, between its two marks, and the figures."""
    import figures

    figures.draw(results, costs, HERE.parent / "docs/figures")
    page = HERE.parent / "docs/performance.md"
    before, rest = page.read_text().split("<!-- measured -->\n")
    after = rest.split("<!-- end -->\n")[1]
    page.write_text(f"{before}<!-- measured -->\n{machine}\n\n{table(results)}<!-- end -->\n{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--built", type=Path, default=HERE.parent / "build/release/bench", help="the folder of the built contenders"
    )
    parser.add_argument("--only", help="workloads, such as A,B or F-tanh")
    parser.add_argument(
        "--baseline", type=Path, help="the folder of another build's contenders, such as an older commit's"
    )
    parser.add_argument("--contenders", help="some of " + ", ".join(CONTENDERS))
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.03 s instead of 9 of 0.15")
    parser.add_argument("--out", type=Path, default=HERE.parent / "build/bench.json")
    parser.add_argument("--record", action="store_true", help="renew the table and the figures of docs/performance.md")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, lambda *_: sys.exit("\nstopped; nothing written"))

    wanted = options.only.split(",") if options.only else list(WORKLOADS)
    workloads = [w for w in WORKLOADS if w in wanted or w.split("-")[0] in wanted]
    names = options.contenders.split(",") if options.contenders else list(CONTENDERS)
    if unknown := ({*wanted} - {*WORKLOADS} - {w.split("-")[0] for w in WORKLOADS}) | ({*names} - {*CONTENDERS}):
        parser.error(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join([*WORKLOADS, *CONTENDERS])})")

    data = HERE.parent / "build/bench-data"
    data.mkdir(parents=True, exist_ok=True)
    write_data(data)
    environment = clean_environment(data)
    contenders = [Contender(name, CONTENDERS[name](options.built), environment) for name in names]
    if options.baseline:
        contenders.append(Contender("baseline", CONTENDERS["gradus"](options.baseline), environment))
    rounds, seconds = (3, 0.03) if options.quick else (9, 0.15)
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    machine = f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; medians of {rounds} turns of {seconds} s."
    print(machine)
    try:
        results = measure_all(contenders, workloads, rounds, seconds)
        costs = []
        if options.record:
            import figures

            costs = figures.measure_costs(next(c for c in contenders if c.name == "gradus"), seconds)
    finally:
        for c in contenders:
            c.close()
    for c in contenders:
        if not c.process:
            print(f"skipped {c.name}: {c.why}")
    options.out.write_text(json.dumps(results + costs, indent=1) + "\n")
    print(f"\n{options.out}: {len(results) + len(costs)} measurements")
    if options.baseline:
        print(f"\n{beside_baseline(results)}")
    if options.record:
        record(machine, results, costs)


main()
