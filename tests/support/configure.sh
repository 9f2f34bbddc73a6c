#!/usr/bin/env bash
# usage: configure.sh BUILD [OPTIONS OF meson setup]
# Configures a build folder once, and again when `make cuda-toolkit` or `make xgrammar` has brought something since.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
shift
if [ ! -f "$build/build.ninja" ]; then
  meson setup "$build" "$@"
elif [ .cuda-toolkit/pins.sha256 -nt "$build/build.ninja" ] || [ .xgrammar/pins.sha256 -nt "$build/build.ninja" ]; then
  meson setup --reconfigure "$build"
fi

# A GPU that the build passes over should not be noticed by the server's speed alone.
if { [ -d /proc/driver/nvidia ] || command -v nvidia-smi >/dev/null 2>&1; } && ! tests/support/find_nvcc.sh >/dev/null; then
  echo "This machine has an NVIDIA driver and no CUDA compiler: Octavo is built for the CPU alone."
  echo "For the GPU type 'make cuda-toolkit', and then this command again."
fi
