"""Runs a command in a data directory of its own that is thrown away afterwards: `in_scratch.py mypy`."""

import os
import shutil
import subprocess
import sys

from kolonne.supervisor import scratch

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "kolonne.portal.site.settings"
    data = scratch.make()
    try:
        sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
    finally:
        shutil.rmtree(data, ignore_errors=True)
