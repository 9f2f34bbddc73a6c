#!/usr/bin/env bash
# usage: make_sysroot.sh FOLDER PACKAGE...
# Unpacks these packages of Debian's arm64, and all they depend on, into FOLDER/root, and writes FOLDER/cross.ini, by which
# Meson compiles against them and runs what it has compiled under emulation. Nothing is installed on this machine, and
# no root is needed: apt works on a state of its own that knows of no installed package.
set -euo pipefail
mkdir -p "$1"
folder=$(realpath "$1")
shift
wanted="$*"
if [ "$(cat "$folder/packages" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "unpacking Debian's arm64 packages into $folder"
rm -rf "$folder"
mkdir -p "$folder"/{apt/lists/partial,apt/archives/partial,root/usr/lib,root/usr/bin,root/usr/sbin}
touch "$folder/apt/status"
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root
  -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt" -o Debug::NoLocking=1)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends --download-only "$@" >/dev/null

# Debian has /lib as a link to /usr/lib.
for part in lib bin sbin; do ln -s "usr/$part" "$folder/root/$part"; done
for package in "$folder"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$folder/root"; done
# A link that names a path from the root up leads into the root of arm64.
find "$folder/root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
  ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$folder/root$(readlink "$link")")" "$link"
done
rm -rf "$folder/apt"

libraries=$folder/root/usr/lib/aarch64-linux-gnu
cat > "$folder/cross.ini" <<END
[binaries]
c = 'aarch64-linux-gnu-gcc'
cpp = $(command -v ccache >/dev/null 2>&1 && echo "['ccache', 'aarch64-linux-gnu-g++']" || echo "'aarch64-linux-gnu-g++'")
ar = 'aarch64-linux-gnu-gcc-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64-static', '-L', '$folder/root']

[built-in options]
cpp_args = ['--sysroot=$folder/root']
cpp_link_args = ['--sysroot=$folder/root']

[properties]
sys_root = '$folder/root'
pkg_config_libdir = ['$libraries/pkgconfig', '$folder/root/usr/share/pkgconfig']
boost_includedir = '$folder/root/usr/include'
boost_librarydir = '$libraries'

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
echo "$wanted" > "$folder/packages"
