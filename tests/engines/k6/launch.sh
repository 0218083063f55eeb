#!/bin/sh
# k6 that calls nobody: no usage report, and no build service for an import that it does not know.
export K6_NO_USAGE_REPORT=true K6_AUTO_EXTENSION_RESOLUTION=false
exec "$(dirname "$(readlink -f "$0")")/../k6/k6" "$@"
