#!/usr/bin/env bash
# Installs what the tests with real clients are written with, Node itself included, as tests/e2e/package-lock.json pins it.
# npm writes its own list of what it installed last of all, so a list older than the lock file means that something is missing.
set -euo pipefail
cd "$(dirname "$0")/../e2e"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error
