"""Mails to people: one template each, in the person's language, as text and as HTML.

A template `mails/<name>.txt` reads as the mail does: the subject in the first line, then paragraphs; a line
`=> Words | address` is the button. What tells about a change is sent by a job that is written in the transaction of
the change, so that no mail speaks of what did not happen and none is lost. Arguments of jobs hold no secrets: the job
makes links when it makes the mail.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation
from procrastinate.contrib.django import app

from kolonne.portal.identity.models import Market, User
from kolonne.portal.lib import sealing

BUTTON = "=> "
Link = Callable[[User], str]
_links: dict[str, Link] = {}


@dataclass(frozen=True)
class Paragraph:
    """Words, or a button when there is an address."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Letter:
    """What a template says, before it is text or HTML."""

    subject: str
    paragraphs: list[Paragraph]

    @property
    def as_text(self) -> str:
        return "\n\n".join(f"{part.text}:\n{part.url}" if part.url else part.text for part in self.paragraphs) + "\n"


def link_for(mail: str, link: Link) -> None:
    """Says how the address in a mail is made; called by the context that knows, when it is loaded."""
    _links[mail] = link


def post(mail: str, user: User, **facts: Any) -> None:
    """Queues a mail to a person in the caller's transaction."""
    app.configure_task("identity.send_mail").defer(mail=mail, user_id=user.pk, facts=facts)


def post_sealed(mail: str, address: str, user: User, **facts: str) -> None:
    """To an address that is not (or no longer) the account's; jobs hold neither addresses nor codes in the clear."""
    sealed = sealing.seal(json.dumps({"address": address, "facts": facts}))
    app.configure_task("identity.send_sealed").defer(mail=mail, user_id=user.pk, sealed=sealed)


@dataclass(frozen=True)
class Reader:
    """What a mail says of whom it is for."""

    name: str
    username: str

    def __str__(self) -> str:
        return self.name


def _in_line(fact: Any) -> Any:
    """Names and the like are words in a line: with a break or an arrow in one, its owner could write paragraphs and
    buttons."""
    if isinstance(fact, User):
        return Reader(_in_line(str(fact)), _in_line(fact.username))
    if isinstance(fact, str):
        words = "".join(sign if sign.isprintable() else " " for sign in fact).replace(BUTTON.strip(), "→")
        return " ".join(words.split())
    return [_in_line(one) for one in fact] if isinstance(fact, list | tuple) else fact


def compose(mail: str, language: str, facts: Mapping[str, Any]) -> Letter:
    """The words of a mail in one language."""
    with translation.override(language):
        # Words, not markup: the HTML form escapes them.
        words = {name: _in_line(fact) for name, fact in facts.items()}
        context = Context({"public_url": settings.PUBLIC_URL, **words}, autoescape=False)
        subject, _, body = get_template(f"mails/{mail}.txt").template.render(context).strip().partition("\n")  # type: ignore[attr-defined]  # Django's own engine
    parts = [" ".join(part.split()) for part in body.split("\n\n")]
    return Letter(subject.strip(), [_paragraph(part) for part in parts if part])


def _paragraph(part: str) -> Paragraph:
    if not part.startswith(BUTTON):
        return Paragraph(part)
    words, _, url = part.removeprefix(BUTTON).rpartition("|")
    return Paragraph(words.strip(), url.strip())


def deliver(mail: str, address: str, language: str, facts: Mapping[str, Any], *, number: str = "") -> None:
    """Sends a mail now. `number` names it, so that a job that ran twice sends the same mail."""
    letter = compose(mail, language, facts)
    with translation.override(language):
        html = render_to_string("mails/frame.html", {"letter": letter, "public_url": settings.PUBLIC_URL})
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": language}
    if number:
        headers["Message-ID"] = f"<{number}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    message = EmailMultiAlternatives(letter.subject, letter.as_text, to=[address], headers=headers)
    message.attach_alternative(html, "text/html")
    message.send()


def send(mail: str, user: User, facts: Mapping[str, Any], *, number: str = "") -> None:
    """The job's part: makes the link, if the mail has one, and delivers to the person's address."""
    if not user.email:
        return
    deliver(mail, user.email, user.language, {**about(mail, user), **facts}, number=number)


def about(mail: str, user: User) -> dict[str, Any]:
    """What every mail can say: to whom it goes, whom to ask, and its link, if it has one."""
    link = {"link": _links[mail](user)} if mail in _links else {}
    return {"user": user, **support_of(user.market, user.language), **link}


def support_of(market: Market, language: str) -> dict[str, str]:
    """Whom a mail names for questions, in its language."""
    with translation.override(language):
        return {"support_email": market.support_email, "support_phone": market.support_phone, "market": str(market)}
