#!/bin/sh
# Artillery that calls nobody, on the machine's Node where it is new enough (22.18), else on the one installed with it.
home=$(dirname "$(readlink -f "$0")")/../artillery
export ARTILLERY_DISABLE_TELEMETRY=true
node=node
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)' 2>/dev/null; then
    for node in "$home"/node_modules/node-linux-*/bin/node; do break; done
    if [ ! -x "$node" ]; then
        echo 'artillery: needs Node 22.18 or newer on this platform' >&2
        exit 127
    fi
    PATH=$(dirname "$node"):$PATH # its workers look for node by name
    export PATH
fi
exec "$node" "$home/node_modules/artillery/bin/run" "$@"
