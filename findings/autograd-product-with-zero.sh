#!/bin/sh
# SPDX-License-Identifier: MIT
# autograd 1.9.1 differentiates a product as (product / factor): the derivative by a factor that is 0 is NaN, where it is
# the product of the others.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check autograd==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from importlib.metadata import version

import autograd.numpy as np
from autograd import grad

x = np.array([0.0, 2.0, 3.0])
print("autograd", version("autograd"), "of the product of", x, "gives", grad(np.prod)(x), "where [6, 0, 0] is right")
assert np.isnan(grad(np.prod)(x)[0])
PYTHON
