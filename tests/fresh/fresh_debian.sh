#!/usr/bin/env bash
# Shows that README's two commands are enough on the machine that README names: makes a Debian 12 with nothing but make and
# git in a folder, clones the project's last commit into it, and types `make serve` and `make test` there, asking the
# server one question in between. Then the same in a second one where npm, pip and a CUDA compiler cannot be had.
#
# Needs root. FRESH names the folder (default: octavo-fresh in the folder for temporary files); a base system that an
# earlier run left there is used again. Where CCACHE_DIR is set, that compiler cache is shared with the new systems. How this
# machine reaches its package registries (mirrors, proxies, certificates, the settings of apt, npm and pip) holds in the new
# systems as well.
set -euo pipefail

# Mounts and processes live in namespaces of their own, so that none outlives this script, however it ends.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" -eq 0 ] || { echo "a new Debian can be made by root only: sudo make fresh" >&2; exit 1; }
  exec unshare --mount --pid --fork --kill-child "$0" inside
fi
trap 'exit 130' INT TERM

project=$(cd "$(dirname "$0")/../.." && pwd)
fresh=${FRESH:-${TMPDIR:-/tmp}/octavo-fresh}
root=$fresh/root
suite=bookworm
clone=/octavo  # A path in the new system.
# What a new system gets of this machine's environment: how to reach registries, and nothing else.
settings=()

say() { echo "== $*"; }

# The mirrors of this machine where it is a Debian of the same release, as `URI suite components`.
mirrors() {
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null \
    | awk -v suite="$suite" '$1 == "Debian" && index($3, suite) == 1 { print $2, $3, $4 }' | sort -u
}

make_base() {
  [ -f "$fresh/base.tar" ] && return
  say "making a base system of Debian 12"
  local mirror
  mirror=$(mirrors | awk -v suite="$suite" '$2 == suite { print $1; exit }')
  rm -rf --one-file-system "$fresh/base"
  debootstrap --variant=minbase --include=make,git "$suite" "$fresh/base" ${mirror:+"$mirror"} > "$fresh/debootstrap.log"
  tar -C "$fresh/base" -cf "$fresh/base.tar.part" .
  mv "$fresh/base.tar.part" "$fresh/base.tar"
  rm -rf --one-file-system "$fresh/base"
}

# How npm reaches its registry, from wherever it is set on this machine, as environment variables.
npm_settings() {
  local key value
  command -v npm >/dev/null 2>&1 || return 0
  for key in registry cafile proxy https-proxy noproxy strict-ssl; do
    value=$(npm config get "$key" 2>/dev/null)
    case $value in null | undefined | '') ;; *) echo "npm_config_${key//-/_}=$value" ;; esac
  done
}

# Copies a file that a setting names into the new system and prints its path there.
carry_file() {
  local place=/etc/octavo-fresh/$1
  install -D -m 644 "$2" "$root$place"
  echo "$place"
}

carry_settings() {
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  if [ -n "$(mirrors)" ]; then mirrors | sed 's/^/deb /' > "$root/etc/apt/sources.list"; fi
  local key value line file
  apt-config dump --format '%F "%v";%n' Acquire 2>/dev/null \
    | grep -E '^Acquire::(http|https|Check|Retries|ForceIPv)' | while read -r key value; do
    file=${value#\"}
    file=${file%\";}
    if [ -f "$file" ]; then value="\"$(carry_file "${key//:/-}" "$file")\";"; fi
    echo "$key $value"
  done > "$root/etc/apt/apt.conf.d/99machine"
  for file in ~/.npmrc /etc/pip.conf ~/.config/pip/pip.conf ~/.pip/pip.conf; do
    [ ! -f "$file" ] || install -D -m 644 "$file" "$root${file/#$HOME//root}"
  done

  settings=()
  while IFS= read -r line; do
    key=${line%%=*}
    value=${line#*=}
    if [ -f "$value" ]; then value=$(carry_file "$key" "$value"); fi
    settings+=("$key=$value")
  done < <(env | grep -iE '^([a-z_]+_proxy|pip_[a-z_]+|node_extra_ca_certs|ssl_cert_file|curl_ca_bundle|requests_ca_bundle)='; npm_settings)
}

# A system as it is on its first day; `mount` makes what programs expect to find in one.
unpack_system() {
  say "unpacking a new system"
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  tar -C "$root" -xf "$fresh/base.tar"
  carry_settings
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/fast"  # A system that lives for an hour need not survive a power cut.
  git -c advice.detachedHead=false clone --quiet --no-hardlinks "$project" "$root$clone"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  if [ -n "${CCACHE_DIR:-}" ]; then
    mkdir -p "$CCACHE_DIR" "$root/ccache"
    mount --bind "$CCACHE_DIR" "$root/ccache"
    # A cached object is found again only under the language that the compiler spoke when it was made.
    settings+=(CCACHE_DIR=/ccache ${LANG:+LANG="$LANG"})
    in_system 'apt-get -qq update && apt-get -qq install -y --no-install-recommends ccache' > "$fresh/ccache.log" 2>&1
  fi
}

leave_system() {
  local at
  for at in ccache dev sys proc; do
    if mountpoint -q "$root/$at"; then umount --recursive --lazy "$root/$at"; fi
  done
}

# A command typed by root in the clone.
in_system() {
  env -i "${settings[@]}" HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" /bin/bash -c "cd $clone && $1"
}

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
