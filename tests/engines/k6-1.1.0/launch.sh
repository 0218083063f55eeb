#!/bin/sh
# k6 that calls nobody: no usage report.
export K6_NO_USAGE_REPORT=true
exec "$(dirname "$(readlink -f "$0")")/../k6-1.1.0/bin/k6" "$@"
