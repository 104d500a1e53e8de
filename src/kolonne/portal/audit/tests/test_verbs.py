"""NF-01, NF-06: whoever reads the audit reads words."""

import re
from pathlib import Path

from kolonne.portal.audit import texts

PORTAL = Path(__file__).parents[2]
CONTEXTS = "|".join(sorted(folder.parent.name for folder in PORTAL.glob("*/__init__.py")))
VERB = re.compile(rf'"((?:{CONTEXTS})\.[a-z_]+\.[a-z_]+)"')


def test_every_verb_in_the_source_has_words() -> None:
    sources = [path for path in PORTAL.rglob("*.py") if not {"tests", "verbs.py"} & set(path.parts)]
    used = {verb for path in sources for verb in VERB.findall(path.read_text())}
    assert "companies.company.created" in used
    assert sorted(used - texts.known()) == []


def test_a_verb_of_an_older_version_is_shown_as_it_is() -> None:
    assert texts.words("gone.thing.done") == "gone.thing.done"


def test_every_group_of_verbs_but_the_looks_says_which_they_are() -> None:
    assert set(texts.GROUPS) - {"looks"} == set(texts.PREFIXES)
