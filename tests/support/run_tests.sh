#!/usr/bin/env bash
# Runs every suite of a build folder: the C++ tests, then the real clients against the real binary where npm can be had.
set -euo pipefail
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)

meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 2

if ! command -v npm >/dev/null 2>&1; then
  echo "npm is missing: the tests with real clients did not run" >&2
  exit 0
fi
cd "$root/tests/e2e"
[ -d node_modules ] || npm ci --no-audit --no-fund
OCTAVO_BINARY="$(cd "$root" && realpath "$build/octavo")" npm test
