#!/bin/sh
# JMeter 5.5, launched as the newest is.
export JMETER_FOLDER=jmeter-5.5
exec "$(dirname "$(readlink -f "$0")")/jmeter" "$@"
