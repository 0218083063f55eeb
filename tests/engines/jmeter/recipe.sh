#!/bin/sh
# Lays JMeter out and holds every jar to jars.sha256: Maven has no lock file of its own. The second argument is the
# folder of another version's manifest.
set -eu
cd "$(dirname "$0")"
manifest=${2:-$PWD}
sh layout.sh "$1" "$manifest"
if ! diff "$manifest/jars.sha256" "$1/jars.sha256"; then
    echo 'the jars (>) are not those of jars.sha256 (<)' >&2
    exit 1
fi
