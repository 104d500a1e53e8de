"""Proof that no robot asks, made by the visitor's own machine: nothing to see, to hear or to solve (WCAG 2.2 SC 3.3.8).

The page gets a salt, and the hash of the salt with a secret number; `challenge.js` finds the number, which takes a
phone about a second and somebody who sends thousands of forms hours. No outside service takes part (ID-04).
"""

import base64
import json
from typing import Any

import django_altcha
from altcha import Challenge
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_NUMBER = 300_000
"""Half as many hashes are needed on average: 0.2 s on a desk, about a second on an old phone."""


def issue() -> Challenge:
    """A fresh one. It lives for `settings.ALTCHA_CHALLENGE_EXPIRE` and opens one form once."""
    challenge: Challenge = django_altcha.get_altcha_challenge(max_number=MAX_NUMBER)
    return challenge


class ChallengeWidget(forms.HiddenInput):
    """Every rendering brings a new challenge, so an answered one is never shown again."""

    template_name = "identity/_challenge.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        context["widget"]["challenge"] = issue()
        return context


class ChallengeField(django_altcha.AltchaField):  # type: ignore[misc]  # the library has no type stubs
    """Put it last into a form and `{{ form.challenge }}` with its errors before the button."""

    default_error_messages = {  # noqa: RUF012  # as Django declares it
        "required": _(
            "The check that you are no robot was not done yet. Wait until it says so, then send the form again."
        ),
        "invalid": _(
            "The check that you are no robot was too old. A new one runs now: send the form again, nothing is lost."
        ),
        "error": _("The check that you are no robot failed. A new one runs now: send the form again, nothing is lost."),
        "replay": _(
            "This form was sent before. A new check that you are no robot runs now: send it again if you meant to."
        ),
    }

    def __init__(self) -> None:
        forms.Field.__init__(self, widget=ChallengeWidget(), label="")

    def replay_attack_protection(self, payload: str) -> None:
        """Two requests at once with one answer: exactly one adds the mark, so exactly one passes."""
        challenge = json.loads(base64.b64decode(payload))["challenge"]
        lifetime_s = django_altcha.get_challenge_expire_seconds()
        if not django_altcha.get_cache().add(f"challenge:{challenge}", "used", timeout=lifetime_s):
            raise ValidationError(self.error_messages["replay"], code="replay")
