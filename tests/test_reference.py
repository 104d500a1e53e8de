"""The reference pages say what the code says."""

import importlib.util
from pathlib import Path

import pytest

from kolonne.config import VARIABLES

ROOT = Path(__file__).parent.parent


@pytest.fixture
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_setting_and_every_command_is_described(reference):
    assert reference.main(only_check=True) == 0, "run `make reference`"


def test_each_setting_has_a_heading_of_its_own(reference):
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert [f"## `KOLONNE_{variable.name}`" in page for variable in VARIABLES] == [True] * len(VARIABLES)


def test_locks_name_no_address():
    spec = importlib.util.spec_from_file_location("lock", ROOT / "tools" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.check() == 0
