#!/usr/bin/env bash
# Prints the path of the CUDA compiler that the build uses, and fails where there is none. kernels/cuda/meson.build looks
# in the same places in the same order.
set -euo pipefail
for nvcc in "$(dirname "$0")/../../.cuda-toolkit/bin/nvcc" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
  if [ -x "$nvcc" ]; then
    realpath "$nvcc"
    exit 0
  fi
done
exit 1
