#!/usr/bin/env bash
# Installs what the tests with real clients are written with, Node itself included, and what the load scripts of bench/k6 want,
# as the package-lock.json of each folder pins it.
# npm writes its own list of what it installed last of all, so a list older than the lock file means that something is missing.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
for folder in "$root/tests/e2e" "$root/bench/k6"; do
  cd "$folder"
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error
done
