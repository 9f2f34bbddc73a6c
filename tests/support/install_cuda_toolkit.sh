#!/usr/bin/env bash
# usage: install_cuda_toolkit.sh FOLDER
# Installs NVIDIA's compiler and libraries into FOLDER, in a toolkit's own layout (bin, include, lib64, nvvm), from the
# wheels that cuda-toolkit.txt pins. The compiler needs no GPU and no driver. Where FOLDER already holds exactly these
# wheels nothing is done; a folder that is only half written never takes the name.
set -euo pipefail
folder=$1
support=$(cd "$(dirname "$0")" && pwd)
pins=$support/cuda-toolkit.txt
source "$support/pinned_folder.sh"
begin_pinned "$folder" "$pins"
echo "installing NVIDIA's CUDA toolkit into $folder (1.1 GB)"
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
  --no-compile --target "$work/wheels" -r "$pins"
toolkit=$work/wheels/nvidia/cu13
mv "$work"/wheels/nvidia/nccl/include/* "$toolkit/include/"
mv "$work"/wheels/nvidia/nccl/lib/* "$toolkit/lib/"
ln -s lib "$toolkit/lib64"
mkdir "$toolkit/licenses"
for license in "$work"/wheels/*.dist-info/licenses/*; do
  package=$(basename "$(dirname "$(dirname "$license")")" .dist-info)
  mv "$license" "$toolkit/licenses/$package.$(basename "$license")"
done
finish_pinned "$folder" "$toolkit"
