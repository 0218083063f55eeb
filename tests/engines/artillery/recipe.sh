#!/bin/sh
# Installs the Artillery that package-lock.json names; no script of any package is run, no browser fetched.
set -eu
cd "$(dirname "$0")"
cp package.json package-lock.json .npmrc "$1"
cd "$1"
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-progress
test -f node_modules/artillery/bin/run
