# Sourced by scripts that fill a folder with what a file of pins names. A folder that is only half filled never takes the
# name, and one that somebody else made is left alone.

# begin_pinned FOLDER PINS: ends the script where FOLDER already holds exactly what PINS names. Otherwise $work is a new
# folder beside it, which is gone when the script ends.
begin_pinned() {
  local folder=$1
  pinned=$(sha256sum "$2" | cut -d ' ' -f 1)
  if [ "$(cat "$folder/pins.sha256" 2>/dev/null)" = "$pinned" ]; then exit 0; fi
  if [ -e "$folder" ] && [ ! -f "$folder/pins.sha256" ]; then
    echo "$folder exists and was not made by this command: it stays as it is" >&2
    exit 1
  fi
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder-XXXXXX")
  trap 'rm -rf "$work"' EXIT
}

# finish_pinned FOLDER CONTENT: CONTENT, within $work, becomes FOLDER.
finish_pinned() {
  echo "$pinned" > "$2/pins.sha256"
  chmod 755 "$2"
  rm -rf "$1"
  mv "$2" "$1"
}
