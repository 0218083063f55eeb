#!/bin/sh
# Lays JMeter out and holds every jar to jars.sha256: Maven has no lock file of its own.
set -eu
cd "$(dirname "$0")"
sh layout.sh "$1"
if ! diff jars.sha256 "$1/jars.sha256"; then
    echo 'the jars (>) are not those of jars.sha256 (<)' >&2
    exit 1
fi
