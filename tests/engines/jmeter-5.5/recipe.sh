#!/bin/sh
# Lays JMeter 5.5 out as ../jmeter is.
set -eu
exec sh "$(dirname "$0")/../jmeter/recipe.sh" "$1" "$(cd "$(dirname "$0")" && pwd)"
