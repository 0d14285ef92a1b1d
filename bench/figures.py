# SPDX-License-Identifier: MIT
"""The figures of the benchmark: how far everybody is from the limit, and what an update costs as things grow."""

import statistics

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#777777",
)
STYLE = {
    "gradus": (BLUE, "o"),
    "NumPy": (ORANGE, "s"),
    "scikit-learn": (RED, "D"),
    "PyTorch": (GREEN, "^"),
    "libtorch": (PURPLE, "v"),
    "FANN": (SKY, "P"),
    "dlib": (GREY, "X"),
}
plt.rcParams |= {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.linewidth": 0.6,
    "xtick.color": "#555555",
    "ytick.color": "#222222",
    "svg.fonttype": "none",
    "svg.hashsalt": "gradus",
}

COSTS = {  # axis: the runs of the workload "cost WIDTH DEPTH BATCH", threads
    "width": [(w, 1, 32, t) for t in (1, 2) for w in (4, 8, 16, 32, 64, 128, 256, 512, 1024)],
    "depth": [(64, d, 32, 1) for d in (1, 2, 3, 4, 6, 8, 12)],
    "batch": [(64, 1, b, 1) for b in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)],
}


def measure_costs(gradus, seconds):
    rows = []
    for axis, cases in COSTS.items():
        for width, depth, batch, threads in cases:
            for precision in ("float32", "float64"):
                name = f"cost:{width}:{depth}:{batch}"
                rates = [gradus.measure(name, precision, threads, seconds / 3) for _ in range(5)]
                if None in rates:
                    continue
                values = [1e6 / rate for rate, _ in rates]
                rows.append(
                    {
                        "workload": name,
                        "contender": "gradus",
                        "precision": precision,
                        "threads": threads,
                        "axis": axis,
                        "value": statistics.median(values),
                        "unit": "us/update",
                        "min": min(values),
                        "max": max(values),
                        "loss": None,
                        "target": None,
                    }
                )
    return rows


def rate(row):
    return 1 / row["value"] if row["unit"] in ("s", "ms", "ns") else row["value"]


def draw_ratios(results, path):
    cases = sorted(
        {(r["workload"], r["precision"], r["threads"]) for r in results if r["contender"] == "gradus"}, reverse=True
    )
    figure, axes = plt.subplots(figsize=(7.2, 0.3 * len(cases) + 1.2))
    for y, case in enumerate(cases):
        rows = {r["contender"]: r for r in results if (r["workload"], r["precision"], r["threads"]) == case}
        limit = rate(rows["limit"]) if "limit" in rows else rate(rows["gradus"])
        shares = {name: rate(r) / limit for name, r in rows.items() if name in STYLE}
        axes.plot([min(shares.values()), max(shares.values())], [y, y], color="#dddddd", linewidth=0.8, zorder=0)
        for name, share in shares.items():
            color, marker = STYLE[name]
            axes.plot(share, y, marker=marker, color=color, markersize=6, linestyle="", label=name)
    axes.axvline(1, color="#999999", linewidth=0.6)
    axes.text(1, len(cases) - 0.4, "limit", ha="center", va="bottom", color="#555555")
    axes.set_xscale("log")
    axes.set_yticks(range(len(cases)), [f"{w}  {p}" + (f"  {t} threads" if t > 1 else "") for w, p, t in cases])
    axes.set_xlabel("speed as a share of the limit (of Gradus where there is none)")
    handles = dict(zip(*reversed(axes.get_legend_handles_labels())))
    axes.legend(
        handles.values(),
        handles.keys(),
        frameon=False,
        ncols=len(handles),
        loc="upper center",
        bbox_to_anchor=(0.4, -0.7 / (0.3 * len(cases) + 1.2) - 0.03),
        handletextpad=0.1,
        columnspacing=1,
    )
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def draw_costs(costs, path):
    figure, panels = plt.subplots(1, 3, figsize=(9.5, 3.1), sharey=True)
    titles = {
        "width": "units of one hidden layer, batch 32",
        "depth": "hidden layers of 64 units, batch 32",
        "batch": "samples of a batch, 64 units",
    }
    for position, (axes, (axis, title)) in enumerate(zip(panels, titles.items())):
        for precision, color, marker in (("float32", BLUE, "o"), ("float64", ORANGE, "s")):
            for threads, dash in ((1, "-"), (2, "--")):
                rows = [r for r in costs if (r["axis"], r["precision"], r["threads"]) == (axis, precision, threads)]
                if not rows:
                    continue
                x = [int(r["workload"].split(":")[1 + position]) for r in rows]
                name = precision + (", 2 threads" if threads > 1 else "")
                axes.plot(
                    x,
                    [r["value"] for r in rows],
                    dash,
                    marker=marker,
                    color=color,
                    markersize=3.5,
                    linewidth=1,
                    label=name,
                )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel(title)
    panels[0].set_ylabel("one update (µs)")
    panels[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def draw(results, costs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    draw_ratios(results, folder / "bench_ratios.svg")
    print(f"{folder / 'bench_ratios.svg'}: speeds as shares of the limit")
    if costs:
        draw_costs(costs, folder / "bench_costs.svg")
        print(f"{folder / 'bench_costs.svg'}: cost of an update against width, depth, batch and threads")
