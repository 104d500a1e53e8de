#!/usr/bin/env bash
# Sees to Chromium for the tests of pages in a browser; without it those tests are skipped by name.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Chromium for the tests in a browser"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } && exit 0
fi
echo "Chromium is missing, so tests marked 'browser' will be skipped: install the package chromium to run them" >&2
