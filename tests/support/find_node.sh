#!/usr/bin/env bash
# Prints the path of the Node that tests/e2e brings with it. It is not looked up in node_modules/.bin: npm 9 puts no link there
# for a package that is meant for one kind of processor.
set -euo pipefail
for node in "$(dirname "$0")"/../e2e/node_modules/node-linux-*/bin/node; do
  if [ -x "$node" ]; then
    realpath "$node"
    exit 0
  fi
done
echo "the tests' own Node is missing: run tests/support/install_modules.sh" >&2
exit 1
