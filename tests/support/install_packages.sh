#!/usr/bin/env bash
# Installs the Debian packages that are named and missing. After --optional come those that may be had in another way: a
# command of that name will do, and their absence is no error.
set -euo pipefail

missing=()
optional=no
for package in "$@"; do
  if [ "$package" = --optional ]; then optional=yes; continue; fi
  if [ "$optional" = yes ] && command -v "$package" >/dev/null 2>&1; then continue; fi
  if command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
  fi
  missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "This is not a Debian system. Octavo needs what these Debian 12 packages hold: ${missing[*]}" >&2
  echo "Boost must be 1.81 or later. Install them by your system's means, then run meson setup build && ninja -C build." >&2
  command -v meson >/dev/null 2>&1 && exit 0
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "installing: ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
