# A new Debian 12 in a folder, for the scripts that source this one: as root, in namespaces of their own.
#
# enter_namespaces SCRIPT ARGS...  runs the script again inside, so that no mount and no process outlives it
# make_base, unpack_system, in_system COMMAND, leave_system
#
# FRESH names the folder (default: octavo-fresh in the folder for temporary files); a base system that an earlier run left there is used
# again. Where CCACHE_DIR is set, that compiler cache is shared with the new systems. How this machine reaches its package registries
# (mirrors, proxies, certificates, the settings of apt, npm and pip) holds in the new systems as well.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
fresh=${FRESH:-${TMPDIR:-/tmp}/octavo-fresh}
root=$fresh/root
suite=bookworm
clone=/octavo  # A path in the new system.
# What a new system gets of this machine's environment: how to reach registries, and nothing else.
settings=()

enter_namespaces() {
  [ "$(id -u)" -eq 0 ] || { echo "a new Debian can be made by root only" >&2; exit 1; }
  exec unshare --mount --pid --fork --kill-child "$@"
}

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
