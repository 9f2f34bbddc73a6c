#!/usr/bin/env bash
# Shows that README's two commands are enough on the machine that README names: makes a Debian 12 with nothing but make and
# git in a folder, clones the project's last commit into it, and types `make serve` and `make test` there, asking the
# server one question in between. Then the same in a second one where npm, pip and a CUDA compiler cannot be had.
#
# Needs root. new_system.sh says what FRESH and CCACHE_DIR do.
set -euo pipefail
. "$(dirname "$0")/new_system.sh"
[ "${1:-}" = inside ] || enter_namespaces "$0" inside
trap 'exit 130' INT TERM

# What cannot be had in the second system: apt finds no such package.
forbid_packages() {
  printf 'Package: %s\nPin: release *\nPin-Priority: -1\n\n' npm nodejs python3-pip python3-venv nvidia-cuda-toolkit \
    > "$root/etc/apt/preferences.d/forbidden"
}

fail() {
  tail -n 40 "$2" >&2
  echo "FAILED: $1; all of it is in $2" >&2
  exit 1
}

# `make serve`, a question, and the end of the server, as by Ctrl-C. Any free port will do.
serve_and_ask() {
  local log=$fresh/$1-serve.log server url
  say "$1: make serve"
  set -m  # A job of its own, which can be interrupted as a whole.
  in_system "make serve ARGS='--port 0'" > "$log" 2>&1 &
  server=$!
  set +m
  until url=$(grep -oE 'http://[0-9.:]+/' "$log" | head -n 1) && [ -n "$url" ]; do
    kill -0 "$server" 2>/dev/null || fail "make serve" "$log"
    sleep 1
  done
  in_system "python3 tests/fresh/ask.py $url" || fail "no answer from $url" "$log"
  kill -INT -- "-$server"
  wait "$server" || true
}

run_tests() {
  local log=$fresh/$1-test.log
  say "$1: make test"
  in_system 'make test' > "$log" 2>&1 || fail "make test" "$log"
  grep -qE "$2" "$log" || fail "make test did not say '$2'" "$log"
  grep -E '^(Ok|Fail|Skipped): |^(#|ℹ) (tests|pass|fail|skipped) |^npm is missing' "$log"
}

mkdir -p "$fresh"
mount --make-rprivate /
make_base
for system in whole without-npm-pip-nvcc; do
  unpack_system
  expected='^(#|ℹ) skipped 0$'  # Whatever the tests need is there.
  if [ $system != whole ]; then
    forbid_packages
    expected='^npm is missing: the tests with real clients did not run$'
  fi
  started=$SECONDS
  serve_and_ask $system
  run_tests $system "$expected"
  say "$system: both commands worked, in $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
  leave_system
done
rm -rf --one-file-system "$root"
say "Debian 12 with make and git is enough"
