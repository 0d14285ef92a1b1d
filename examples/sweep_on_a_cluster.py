# SPDX-License-Identifier: MIT
"""A sweep over the workers of joblib, Dask or Ray: the same numbers, to the last byte, as in one process.

`python examples/sweep_on_a_cluster.py joblib` takes two processes of this machine; `dask` and `ray` start two workers
here, or, given the address of a cluster's scheduler, use that one. Each of its machines needs gradus installed.
"""

import sys
import tempfile
from pathlib import Path

import gradus as gd


def connect(backend, address):
    """A connection of this program to a cluster, which `gd.sweep` then finds."""
    if backend == "dask":
        from distributed import Client

        return Client(address)
    import ray

    return ray.init(address)


def main():
    backend = sys.argv[1] if len(sys.argv) > 1 else "joblib"
    workers = 2
    if len(sys.argv) > 2:
        connection = connect(backend, sys.argv[2])  # for as long as it lives
        print(f"on {connection}")
        workers = None
    options = {
        "data": "circles:samples=300,noise=0.2,factor=0.4",
        "network": "2-{2,5,10}tanh-2softmax",
        "lr": [0.05, 0.1, 0.2],
        "test": 0.4,
        "batch": 1,
        "epochs": 20,
        "seeds": 20,
    }
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there:
        found = gd.sweep(**options, folder=there, backend=backend, workers=workers)
        gd.sweep(**options, folder=here)
        same = Path(here, "results.csv").read_bytes() == Path(there, "results.csv").read_bytes()
    for row in found.ranking[:3]:
        print(f"{row['network']:4.0f} units  lr {row['lr']:.2f}  accuracy {row['mean']:.3f} ± {row['deviation']:.3f}")
    print(f"{len(found)} runs by {backend}, the bytes of one process: {same}")


if __name__ == "__main__":
    main()
