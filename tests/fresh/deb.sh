#!/usr/bin/env bash
# Shows that Octavo's packages install, run and leave: puts them into a new Debian 12 with dpkg, asks the command for its version and for
# an answer, looks at what the unit is, builds a program with the library, and removes all again. usage: deb.sh FOLDER_OF_PACKAGES
#
# Needs root. new_system.sh says what FRESH does.
set -euo pipefail
. "$(dirname "$0")/new_system.sh"
[ "${2:-}" = inside ] || enter_namespaces "$0" "$1" inside
trap 'exit 130' INT TERM
packages=$(realpath "$1")

mkdir -p "$fresh"
mount --make-rprivate /
make_base
unpack_system
mkdir "$root/packages"
for name in octavo liboctavo0 liboctavo-dev; do
  cp "$(ls -t "$packages/${name}"_*.deb | head -n 1)" "$root/packages/"
done

say "installing"
# dpkg alone says what is missing, apt brings it.
in_system 'apt-get -qq update; dpkg -i /packages/*.deb || true; apt-get -qq install -y --no-install-recommends --fix-broken' > "$fresh/deb.log" 2>&1
fault='the packages do not do what they should: see above'
trap 'echo "FAILED: $fault" >&2' ERR
in_system 'dpkg -s octavo liboctavo0 liboctavo-dev | grep -c "^Status: install ok installed" | grep -qx 3'
in_system 'octavo --version'
echo '[{"role": "user", "content": "What is 7 plus 8?"}]' > "$root/tmp/chat.json"
in_system 'octavo generate --messages /tmp/chat.json --temperature 0' | tee "$fresh/answer"
grep -q 15 "$fresh/answer"
say "the user and the unit"
in_system 'getent passwd octavo'
in_system 'test -f /lib/systemd/system/octavo.service && test -f /etc/default/octavo && ! ls /etc/systemd/system/*.wants/octavo.service 2>/dev/null'
say "a program with the library"
in_system 'apt-get -qq install -y --no-install-recommends g++ pkg-config' >> "$fresh/deb.log" 2>&1
in_system 'g++ -std=c++20 examples/cpp/embedded.cpp $(pkg-config --cflags --libs octavo) -o /tmp/embedded && /tmp/embedded /usr/share/octavo/demo-model'
say "removing"
in_system 'dpkg --purge octavo liboctavo-dev liboctavo0' >> "$fresh/deb.log" 2>&1
in_system '! ls -d /usr/bin/octavo /usr/share/octavo /etc/default/octavo /usr/share/doc/octavo /lib/systemd/system/octavo.service 2>/dev/null'
leave_system
rm -rf --one-file-system "$root"
say "the packages install, run and leave"
