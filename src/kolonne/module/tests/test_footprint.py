"""The agent must run on a Raspberry-class computer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kolonne.module.tests import footprint

GOAL_MB = 40
GENEROUS_MB = 50
"""Other Python builds and libraries differ by some megabytes; ten more are a mistake."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to measure memory")
def test_a_running_agent_stays_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """VH-08; goal: under 40 MB resident."""
    command = [sys.executable, "-m", "kolonne.module.tests.footprint", str(tmp_path)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    with capsys.disabled():
        print(f"\nagent with a running recording: {result} (goal: VmHWM below {GOAL_MB} MB)")
    assert result["points"] == footprint.ROWS
    assert result["VmHWM"] < GENEROUS_MB
