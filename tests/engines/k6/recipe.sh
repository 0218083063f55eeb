#!/bin/sh
# Builds the k6 that go.mod names, its modules held to go.sum.
set -eu
cd "$(dirname "$0")"
go build -mod=readonly -trimpath -o "$1/k6" go.k6.io/k6/v2
"$1/k6" version
