#!/bin/sh
# Says what this machine lacks, all of it at once, before anything starts.
#   machine.sh python go jdk maven npm
# checks the tools named. PYTHON names the interpreter (python3). Exit 0 when nothing is missing, 1 otherwise.
set -eu

PYTHON=${PYTHON:-python3}
missing=''

lacks() {
    missing="$missing  - $1
"
}

have() { command -v "$1" >/dev/null 2>&1; }

# at_least WANTED FOUND: compares major.minor as numbers
at_least() {
    awk -v wanted="$1" -v found="$2" 'BEGIN {
        split(wanted, w, "."); split(found, f, ".")
        exit !(f[1] + 0 > w[1] + 0 || (f[1] + 0 == w[1] + 0 && f[2] + 0 >= w[2] + 0))
    }'
}

check_python() {
    if ! have "$PYTHON"; then
        lacks "Python 3.11 or newer: '$PYTHON' is not found (name another: make PYTHON=/path/to/python3)"
        return
    fi
    found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || found='broken'
    if ! at_least 3.11 "$found"; then
        lacks "Python 3.11 or newer: '$PYTHON' is $found (name another: make PYTHON=/path/to/python3)"
    elif ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        lacks "Python's venv and ensurepip modules for '$PYTHON' (Debian and Ubuntu: the package python3-venv)"
    fi
}

check_go() {
    if ! have go; then
        lacks 'Go 1.25 or newer: go is not found (it builds k6)'
        return
    fi
    found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || found='broken'
    at_least 1.25 "${found#go}" || lacks "Go 1.25 or newer: go is ${found#go} (it builds k6)"
}

check_jdk() {
    if ! have java || ! have javac; then
        lacks 'a JDK, 17 or newer: java and javac are not both found (JMeter runs on it)'
        return
    fi
    found=$(java -version 2>&1 | sed -n 's/.* version "\([0-9][0-9]*\).*/\1/p')
    at_least 17 "${found:-0}" || lacks "a JDK, 17 or newer: java is ${found:-broken} (JMeter runs on it)"
}

check_maven() { have mvn || lacks 'Maven: mvn is not found (it brings JMeter)'; }

check_npm() { have npm || lacks 'npm: npm is not found (it brings Artillery)'; }

for tool in "$@"; do
    case $tool in
    python | go | jdk | maven | npm) "check_$tool" ;;
    *)
        echo "machine.sh: no check for '$tool'" >&2
        exit 2
        ;;
    esac
done

if [ -n "$missing" ]; then
    printf 'This machine lacks:\n%s' "$missing" >&2
    exit 1
fi
