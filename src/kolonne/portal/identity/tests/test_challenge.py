"""ID-04: the proof that no robot asks opens one form once, for a limited time, and says kindly when it does not."""

import base64
import json
import time
from typing import Any

import altcha
import pytest
from django import forms
from django.core.cache import cache

from kolonne.portal.identity import challenge
from kolonne.portal.identity.tests.solving import answer_to, solved

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    cache.clear()


class Form(forms.Form):
    name = forms.CharField()
    challenge = challenge.ChallengeField()


def send(answer: str, name: str = "Ida") -> Form:
    form = Form({"name": name, "challenge": answer})
    form.full_clean()
    return form


def changed(answer: str, **facts: Any) -> str:
    payload = json.loads(base64.b64decode(answer)) | facts
    return base64.b64encode(json.dumps(payload).encode()).decode()


def test_a_solved_challenge_opens_the_form() -> None:
    assert send(solved()).is_valid()


def test_it_opens_one_form_only() -> None:
    answer = solved()
    assert send(answer).is_valid()
    assert "sent before" in str(send(answer).errors["challenge"])


def test_another_spelling_of_the_same_answer_is_the_same_answer() -> None:
    answer = solved()
    assert send(answer).is_valid()
    assert not send(changed(answer, took=12)).is_valid()


def test_it_gets_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = solved()
    later = time.time() + 2 * 3600
    monkeypatch.setattr("altcha.altcha.time.time", lambda: later)
    form = send(answer)
    assert "nothing is lost" in str(form.errors["challenge"])
    assert 'value="Ida"' in form.as_p()


@pytest.mark.parametrize("number", [-1, 0.5, "1", None, [], "99999999999999999999"])
def test_a_guessed_number_is_refused(number: object) -> None:
    assert not send(changed(solved(), number=number)).is_valid()


def test_an_answer_to_a_challenge_of_ones_own_is_refused() -> None:
    own = altcha.create_challenge(altcha.ChallengeOptions(hmac_key="own", max_number=10))
    assert not send(answer_to(own)).is_valid()


def test_an_easier_or_longer_lived_challenge_is_refused() -> None:
    answer = solved()
    salt = json.loads(base64.b64decode(answer))["salt"]
    assert not send(changed(answer, salt=salt.replace("expires=1", "expires=9"))).is_valid()
    assert not send(changed(answer, algorithm="SHA-1")).is_valid()


@pytest.mark.parametrize("answer", ["", "x", "e30=", "W10=", "bnVsbA==", "\0", "é", "x" * 50_000])
def test_nonsense_is_refused_in_words(answer: str) -> None:
    form = send(answer)
    assert "robot" in str(form.errors["challenge"])


def test_every_page_brings_a_new_challenge_and_no_answer() -> None:
    first, second = (str(Form({"name": "", "challenge": "an old answer"})["challenge"]) for _ in range(2))
    assert first != second
    assert "an old answer" not in first


def test_it_is_announced_and_explained_without_a_script() -> None:
    html = str(Form()["challenge"])
    assert 'role="status"' in html
    assert "<noscript>" in html
    assert "onclick" not in html
    assert "style=" not in html
