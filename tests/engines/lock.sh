#!/bin/sh
# Pins what the engines are made of again, after a manifest has changed: go.sum, package-lock.json and jars.sha256.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo 'pinning k6'
(cd k6 && go mod tidy)

for name in jmeter jmeter-5.5; do
    echo "pinning $name"
    sh jmeter/layout.sh "$scratch/$name" "$PWD/$name" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2 && exit 1; }
    cp "$scratch/$name/jars.sha256" "$name/jars.sha256"
done

echo 'pinning the documents'
(cd ../documents/github && npm install --package-lock-only --ignore-scripts --silent)

echo 'pinning Artillery'
(
    cd artillery
    npm install --package-lock-only --ignore-scripts --silent
    # Where its authors take donations is no part of what is installed.
    node -e '
        const { readFileSync, writeFileSync } = require("node:fs")
        const lock = JSON.parse(readFileSync("package-lock.json", "utf8"))
        for (const entry of Object.values(lock.packages)) delete entry.funding
        writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")
    '
)
