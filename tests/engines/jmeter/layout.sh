#!/bin/sh
# Lays the JMeter of a manifest's folder out in the folder given, and writes jars.sha256 there: what each of its jars is.
#   layout.sh FOLDER MANIFEST
set -eu
mvn --batch-mode --no-transfer-progress --strict-checksums --file "$2/pom.xml" -Djmeter.home="$1" package
cd "$1"
rm -rf target
mkdir -p lib/junit                  # JMeter looks for plug-ins there and prints a stack trace when it cannot
mkdir -p -m 700 prefs/.java/.userPrefs # and for preferences, which are nobody's home's concern
find bin lib -name '*.jar' | LC_ALL=C sort |
    if command -v sha256sum >/dev/null 2>&1; then xargs sha256sum; else xargs shasum -a 256; fi >jars.sha256
