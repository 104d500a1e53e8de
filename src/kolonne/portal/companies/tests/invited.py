"""Who is asked into a company in tests, and how an invitation comes to them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from kolonne.portal.companies.actions import invitations as actions
from kolonne.portal.companies.actions.invitations import Invitee
from kolonne.portal.companies.models import Channel, Invitation, Membership, Role
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.conftest import House
from kolonne.portal.identity.models import User
from kolonne.portal.identity.tests.post import PostOffice
from kolonne.portal.lib.scope import company_scope

SignIn = Callable[[User], Client]
OWN = "quiet otter under blue gravel"
IDA = "ida@example.com"
MOBILE = "+4791234567"


@pytest.fixture(autouse=True)
def post(db: None, settings: Any, tmp_path: Path) -> PostOffice:
    cache.clear()
    settings.SMS_FOLDER = tmp_path / "sms"
    return PostOffice()


def invite(by: User, house: House, address: str = IDA, *roles: Role, **names: str) -> Invitation:
    invitee = Invitee(Channel.MAIL, address, **names)
    return actions.invite(actor=actor_of(by), company=house.company, invitee=invitee, roles=roles or [Role.DRIVER])


def path_of(post: PostOffice, settings: Any = None) -> str:
    """Of the newest link, however it was sent."""
    mails = post.run()
    folder = Path(settings.SMS_FOLDER) if settings else None
    texts = [str(one.body) for one in mails]
    if folder and folder.is_dir():
        newest = max(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        texts.append(json.loads(newest.read_text())["text"])
    found = re.findall(r"(/join/[\w-]+/)", " ".join(texts))
    return str(found[-1])


def token_of(path: str) -> str:
    return path.split("/")[2]


def newcomer(username: str = "ida", **fields: str) -> dict[str, str]:
    return {
        "first_name": "Ida", "last_name": "Berg", "username": username, "password1": OWN, "password2": OWN,
        "language": "nb", **fields,
    }  # fmt: skip


def roles_of(user: User, house: House) -> list[str]:
    with company_scope(house.scope):
        return list(Membership.objects.filter(user=user).values_list("roles", flat=True).first() or [])


def page(answer: Any) -> str:
    return str(answer.content.decode())
