"""The reference pages say what the code says."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from kolonne.config import VARIABLES

ROOT = Path(__file__).parent.parent


def test_every_setting_and_every_command_is_described():
    """In a process of its own: other tests register sources, which the help would then list."""
    check = [sys.executable, "tools/reference.py", "check"]
    command = [sys.executable, "tools/in_scratch.py", *check]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_setting_has_a_heading_of_its_own():
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert [f"## `KOLONNE_{variable.name}`" in page for variable in VARIABLES] == [True] * len(VARIABLES)


def test_locks_name_no_address():
    spec = importlib.util.spec_from_file_location("lock", ROOT / "tools" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.check() == 0
