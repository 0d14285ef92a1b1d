#!/bin/sh
# SPDX-License-Identifier: MIT
# RandomState(7).standard_normal of NumPy 2.4.6 is documented as a frozen stream, yet its last bits depend on the
# processor: it calls the C library's log, and glibc picks a version with fused multiply-add where there is one. Here
# the same machine is asked with and without (GLIBC_TUNABLES). Needs an x86-64 processor with FMA.
set -eu
if [ "$(uname -m)" != x86_64 ] || ! grep -qw fma /proc/cpuinfo || ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
  echo "needs x86-64 with FMA, and glibc: nothing was tried"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
cat >"$folder/draw.py" <<'PYTHON'
import sys
import numpy as np

np.save(sys.argv[1], np.random.RandomState(7).standard_normal(1_000_000))
PYTHON
"$folder/venv/bin/python" "$folder/draw.py" "$folder/with.npy"
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable "$folder/venv/bin/python" "$folder/draw.py" "$folder/without.npy"
getconf GNU_LIBC_VERSION
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import numpy as np

a, b = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("with", "without"))
print("NumPy", np.__version__, "of", len(a), "normals", int((a != b).sum()), "differ, by at most", abs(a - b).max())
assert 0 < (a != b).sum() < 1000 and abs(a - b).max() < 1e-14
PYTHON
