#!/usr/bin/env bash
# Every header compiles alone: no header leans on what its includer happened to include.
set -euo pipefail
cd "$(dirname "$0")/../.."
compiler=${CXX:-g++}
flags="-std=c++20 -fsyntax-only -I. -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED $(pkg-config --cflags spdlog)"
export compiler flags
git ls-files '*.hpp' | grep -v -e '-inl\.hpp$' | xargs -P 2 -I{} bash -c \
  'printf "#include \"{}\"\n" | $compiler $flags -x c++ - || { echo "{}: does not compile alone" >&2; exit 255; }'
echo "headers: each compiles alone"
