#!/bin/sh
# SPDX-License-Identifier: MIT
# SciPy 1.17.1: started from float32, minimize(method="L-BFGS-B") iterates in float64 but shows the function its points rounded to
# float32, so that the value it returns is not that of the point it returns.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import scipy
from scipy.optimize import minimize

seen = set()


def steep(x):
    seen.add(x.dtype.name)
    x = x.astype(np.float64)
    scale = np.array([1.0, 1e6])
    return float((scale * (x - 1 / 3) ** 2).sum()), 2 * scale * (x - 1 / 3)


result = minimize(steep, np.zeros(2, np.float32), jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-12})
shown = set(seen)
there = steep(result.x)[0]
print(f"SciPy {scipy.__version__}: the function was shown {sorted(shown)}, the result is {result.x.dtype};",
      f"its value is said to be {result.fun:.3e} and is {there:.3e}")
assert shown == {"float32"} and result.x.dtype == np.float64
assert result.fun != there
PYTHON
