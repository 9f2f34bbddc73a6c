#!/usr/bin/env bash
# Every header compiles alone: no header leans on what its includer happened to include.
set -euo pipefail
cd "$(dirname "$0")/../.."
compiler=${CXX:-g++}
flags="-std=c++20 -fsyntax-only -I. -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED $(pkg-config --cflags spdlog)"
# CUDA's own headers are where nvcc says; without them its folder is left out.
headers=$(git ls-files '*.hpp' | grep -v -e '-inl\.hpp$')
nvcc=$(tests/support/find_nvcc.sh || true)
toolkit=$("$nvcc" --dryrun -E -x cu /dev/null 2>&1 | sed -n 's/^#\$ TOP=//p' || true)
if [ -f "$toolkit/include/cuda_runtime_api.h" ]; then
  flags="$flags -isystem $toolkit/include"
else
  headers=$(grep -v '/cuda/' <<< "$headers")
fi
export compiler flags
xargs <<< "$headers" -P 2 -I{} bash -c \
  'printf "#include \"{}\"\n" | $compiler $flags -x c++ - || { echo "{}: does not compile alone" >&2; exit 255; }'
echo "headers: each compiles alone"
