#!/usr/bin/env bash
# usage: install_xgrammar.sh FOLDER [--optional]
# Puts the sources of xgrammar's C++ core into FOLDER: those that xgrammar.txt pins, from the source distribution of its
# Python package. Nothing is built here. Where FOLDER already holds exactly these sources nothing is done. With --optional,
# sources that cannot be had are named and passed over.
set -euo pipefail
folder=$1
if [ "${2:-}" = --optional ]; then
  "$0" "$folder" || echo "xgrammar cannot be had: Octavo is built without structured output" >&2
  exit 0
fi
support=$(cd "$(dirname "$0")" && pwd)
pins=$support/xgrammar.txt
source "$support/pinned_folder.sh"
begin_pinned "$folder" "$pins"
echo "installing the sources of xgrammar into $folder"
python3 -m venv "$work/python"
"$work/python/bin/pip" download --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-binary=xgrammar \
  --require-hashes --dest "$work" -r "$pins"
tar -xzf "$work"/xgrammar-*.tar.gz -C "$work"
sources=$(echo "$work"/xgrammar-*/)
mkdir "$work/core" "$work/core/3rdparty"
mv "$sources"/cpp "$sources"/include "$sources"/LICENSE "$sources"/NOTICE "$work/core/"
rm -r "$work/core/cpp/tvm_ffi"
mv "$sources"/3rdparty/picojson "$work/core/3rdparty/"
mkdir "$work/core/3rdparty/dlpack"
mv "$sources"/3rdparty/dlpack/include "$work/core/3rdparty/dlpack/"
finish_pinned "$folder" "$work/core"
