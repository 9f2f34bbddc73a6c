#!/usr/bin/env bash
# usage: run_tests.sh BUILD
# Runs every suite of a build folder: the C++ tests, then the real clients against the real binary where there is npm.
set -euo pipefail
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)

meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 2

if ! command -v npm >/dev/null 2>&1; then
  echo "npm is missing: the tests with real clients did not run" >&2
  exit 0
fi
"$root/tests/support/install_modules.sh"
export OCTAVO_BINARY
OCTAVO_BINARY=$(cd "$root" && realpath "$build/octavo")
cd "$root/tests/e2e"
npm test
