"""The browser's own modules of the sign-in pages: their tests run under Node, which needs no browser."""

import subprocess
import sys
from pathlib import Path

MODULES = Path(__file__).parent.parent / "static" / "identity"
ROOT = Path(__file__).parents[5]


def test_the_modules_do_what_their_tests_say() -> None:
    tests = sorted(str(path) for path in MODULES.glob("*.test.js"))
    command = [sys.executable, "tools/node.py", "--test", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
