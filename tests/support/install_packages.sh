#!/usr/bin/env bash
# usage: install_packages.sh PACKAGE... [--optional PACKAGE...]
# Installs the Debian packages that are named and missing. After --optional stand those that Octavo can do without: a
# command of that name serves as well, and one that cannot be installed is named and passed over.
set -euo pipefail

is_installed() {
  command -v dpkg-query >/dev/null 2>&1 && dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

required=()
optional=()
after_optional=no
for package in "$@"; do
  if [ "$package" = --optional ]; then
    after_optional=yes
  elif is_installed "$package"; then
    continue
  elif [ $after_optional = no ]; then
    required+=("$package")
  elif ! command -v "$package" >/dev/null 2>&1; then
    optional+=("$package")
  fi
done
missing=("${required[@]}" "${optional[@]}")
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "This is not a Debian system. Octavo needs what these Debian 12 packages hold: ${missing[*]}" >&2
  echo "Boost must be 1.81 or later. Install them by your system's means, then run meson setup build && ninja -C build." >&2
  command -v meson >/dev/null 2>&1 && exit 0
  exit 1
fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" -eq 0 ] || as_root=(sudo "${as_root[@]}")
install() { "${as_root[@]}" apt-get -qq install -y --no-install-recommends "$@" >/dev/null; }

echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get -qq update
[ ${#required[@]} -eq 0 ] || install "${required[@]}"
for package in "${optional[@]}"; do
  install "$package" || echo "going on without $package" >&2
done
