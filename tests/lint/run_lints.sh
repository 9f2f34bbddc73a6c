#!/usr/bin/env bash
# What `make check` adds to the tests: formatting, include direction, wiring, sizes, the table of hostile cases, and headers that stand alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs clang-format --dry-run --Werror
echo "format: as .clang-format says"
python3 tests/lint/include_check.py
python3 tests/lint/wiring_check.py
python3 tests/lint/size_check.py
python3 tests/lint/hostile_cases_check.py
tests/lint/headers_compile.sh
