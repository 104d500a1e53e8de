"""PR-01, PR-03: an operator checks his own catalogue and terms before they count."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kolonne.cli import root


def kolonne(*words: str) -> Result:
    return CliRunner().invoke(root, ["catalogue", "check", *words])


def test_what_comes_with_kolonne_is_in_order() -> None:
    done = kolonne()
    assert done.exit_code == 0
    assert "Catalogue in order: 15 products, 3 packages" in done.output
    assert "Terms in order: 8 versions" in done.output


def test_everything_wrong_in_both_is_said_and_the_status_is_2(tmp_path: Path) -> None:
    file, folder = tmp_path / "ours.yaml", tmp_path / "terms" / "all" / "en"
    file.write_text("products: {x: 1}\nprices: {}\n")
    folder.mkdir(parents=True)
    (folder / "general.md").write_text("Be kind.")
    done = kolonne(str(file), "--terms", str(tmp_path / "terms"))
    assert done.exit_code == 2
    assert "ours.yaml: products.x: Expected `object`, got `int`" in done.output
    assert "ours.yaml: the file: no such section: prices; did you mean services?" in done.output
    assert "all/en/general.md: general.md is no name for terms" in done.output


def test_without_a_file_it_checks_what_the_settings_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONNE_CATALOGUE", str(tmp_path / "none.yaml"))
    done = kolonne()
    assert (done.exit_code, "none.yaml: cannot be read" in done.output) == (2, True)
