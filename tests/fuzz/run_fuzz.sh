#!/usr/bin/env bash
# usage: run_fuzz.sh BUILD SECONDS [TARGET...]
# Runs fuzz targets of a build folder for so many seconds each, two at a time: those named, or all. What they learn stays in
# BUILD/corpus, what breaks them in BUILD/findings, with the command that repeats it.
set -euo pipefail
build=$(realpath "$1")
seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for each in "$build"/tests/fuzz/fuzz_*; do
    if [ -f "$each" ] && [ -x "$each" ]; then targets+=("${each##*/fuzz_}"); fi
  done
fi
# Targets that need files on a disk write them into memory, where there is such a folder.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
symbolizer=$(command -v llvm-symbolizer-16 llvm-symbolizer | head -1) || true
[ -z "$symbolizer" ] || export ASAN_SYMBOLIZER_PATH=$symbolizer
export UBSAN_OPTIONS="print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
mkdir -p "$build/findings"

fuzz() {
  local target=$1
  local learnt=$build/corpus/$target log=$build/findings/$target.log dictionary=()
  mkdir -p "$learnt"
  [ ! -f "$here/dictionaries/$target.dict" ] || dictionary=("-dict=$here/dictionaries/$target.dict")
  if "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -report_slow_units=1 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/findings/$target-" "${dictionary[@]}" \
    "$learnt" "$here/corpus/$target" >"$log" 2>&1; then
    local covered
    covered=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
    echo "fuzz $target: $(grep -o 'number_of_executed_units: [0-9]*' "$log"), edges reached: ${covered#cov: }"
    rm "$log"
    return
  fi
  tail -40 "$log"
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
  echo "fuzz $target: FAILED, see $log; repeat with:"
  echo "  $build/tests/fuzz/fuzz_$target ${input:-$here/corpus/$target/*}"
  return 1
}

status=0
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || status=1; done
  fuzz "$target" &
done
while [ -n "$(jobs -p)" ]; do
  wait -n || { code=$?; [ "$code" -eq 127 ] && break; status=1; }
done
exit "$status"
