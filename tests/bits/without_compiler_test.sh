#!/bin/sh
# SPDX-License-Identifier: MIT
# Where a compiler is missing and cannot be installed, scripts/bits says so and ends with 1, not as if bits had been seen.
set -eu
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
for tool in dpkg-query apt-get; do
  printf '#!/bin/sh\nexit 1\n' >"$tools/$tool"
  chmod +x "$tools/$tool"
done
for name in clang-O3 s390x wasm; do
  status=0
  told=$(PATH="$tools:$PATH" "$(dirname "$0")/../../scripts/bits" $name 2>&1) || status=$?
  case "$status $told" in
    "1 bits: could not install "*) ;;
    *)
      echo "$name: expected to be told what could not be installed, and 1, got $status: $told" >&2
      exit 1
      ;;
  esac
done
