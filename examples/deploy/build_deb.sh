#!/usr/bin/env bash
# Makes Debian packages of a build folder that was configured with --prefix=/usr and is built: octavo (command, unit, demo model),
# liboctavo0 and liboctavo-dev. usage: build_deb.sh BUILD OUTPUT_FOLDER
#
# Whoever gives the packages to others names himself by DEBFULLNAME and DEBEMAIL.
# A release is a commit with the tag vVERSION; what stands elsewhere gets the commit's date and name into its version.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
rm -f "$output"/*.deb
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
work=$stage/octavo
mkdir "$work"

version=$(meson introspect --projectinfo "$build" | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
date=$(date -uR)
if commit=$(git -C "$root" rev-parse --short=7 HEAD 2>/dev/null); then
  date=$(TZ=UTC git -C "$root" log -1 --format=%cd --date=rfc2822-local)
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
  export SOURCE_DATE_EPOCH
  if ! git -C "$root" tag --points-at HEAD | grep -qx "v$version"; then
    version+=+git$(date -u -d "$date" +%Y%m%d%H%M).$commit
  fi
fi
version+=-1
maintainer="${DEBFULLNAME:-The Octavo authors} <${DEBEMAIL:-octavo@example.org}>"

cp -r "$root/examples/deploy/debian" "$work/debian"
sed -i "s/@MAINTAINER@/$maintainer/" "$work/debian/control"
cat > "$work/debian/changelog" <<END
octavo ($version) unstable; urgency=medium

  * What has changed stands in /usr/share/doc/octavo/changelog.gz.

 -- $maintainer  $date
END

# The hardened unit that is shown to everybody, with a package's paths and a user of its own.
sed -e '/^# Octavo as a service/d' -e '/^#   systemctl daemon-reload/d' \
    -e 's#^Documentation=.*#Documentation=man:octavo(1) file:/usr/share/doc/octavo/operations.md#' \
    -e 's#^ExecStart=.*#ExecStart=/usr/bin/octavo serve $OCTAVO_MODEL $OCTAVO_FLAGS --drain-delay 2 --response-store ${STATE_DIRECTORY}/responses.db#' \
    -e 's#^\# Keys, one or several.*#\# The model and the flags.#' \
    -e 's#^EnvironmentFile=.*#EnvironmentFile=/etc/default/octavo#' \
    -e 's#^DynamicUser=yes#User=octavo\nGroup=octavo#' \
    "$root/examples/deploy/systemd/octavo.service" > "$work/debian/octavo.service"
for line in ExecStart=/usr/bin/octavo EnvironmentFile=/etc/default/octavo User=octavo; do
  grep -q "^$line" "$work/debian/octavo.service" || { echo "the example of a unit has no line for $line" >&2; exit 1; }
done

cp "$root/README.md" "$root/CHANGELOG.md" "$root/SECURITY.md" "$root/docs/operations.md" "$work/"
mkdir "$work/protocol"
cp "$root"/protocol/*.md "$work/protocol/"
printf '%s\n' README.md CHANGELOG.md SECURITY.md operations.md protocol > "$work/debian/octavo.docs"
mkdir "$work/deploy"
cp -r "$root"/examples/deploy/{README.md,docker,kubernetes,monitoring,proxies,systemd} "$work/deploy/"
echo deploy > "$work/debian/octavo.examples"
mkdir "$work/demo-model"
cp "$root"/examples/demo-model/model/* "$work/demo-model/"
echo 'demo-model usr/share/octavo' >> "$work/debian/octavo.install"

if ! (cd "$work" && OCTAVO_BUILD=$build DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage --build=binary --no-sign --no-check-builddeps) > "$output/build.log" 2>&1; then
  tail -n 30 "$output/build.log" >&2
  exit 1
fi
cp "$stage"/*.deb "$output/"
ls "$output"/*"_${version}_"*.deb
