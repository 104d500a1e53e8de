#!/usr/bin/env bash
# Makes .venv with the given Python. Debian packs the part that this needs separately.
set -euo pipefail
python=${1:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Kolonne needs Python 3.11 or newer, and $python is older: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
    else
        echo "Python's venv is missing: install it first (Debian and Ubuntu: apt-get install python3-venv)" >&2
        exit 1
    fi
fi
exec "$python" -m venv .venv
