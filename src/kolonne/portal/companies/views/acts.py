"""What can be done to a person in user management: when it is offered, and what it says before and after."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import newcomers, people
from kolonne.portal.companies.actions.people import LOCKS
from kolonne.portal.companies.queries.people import HELP, WRITE, Detail
from kolonne.portal.identity.actions.invitations import LIFETIME
from kolonne.portal.identity.actions.people import TEMPORARY_PASSWORD_LIFE
from kolonne.portal.identity.models import OPEN_STATES, State, User
from kolonne.portal.lib.actor import Actor

Do = Callable[[Actor, User, str], str | None]


@dataclass(frozen=True)
class Act:
    """`do` answers with a temporary password or nothing."""

    name: str
    """The last part of the address."""
    right: str
    states: frozenset[State]
    do: Do
    is_danger: bool = False
    asks_why: bool = False

    @property
    def url_name(self) -> str:
        return f"person_{self.name}"


@dataclass(frozen=True)
class Words:
    """Of one act, about one person, in the reader's language."""

    label: str
    summary: str
    question: str
    consequences: list[str]
    button: str
    done: str = ""


def _block(actor: Actor, user: User, reason: str) -> None:
    people.block(actor=actor, user=user, reason=reason)


def _unblock(actor: Actor, user: User, _reason: str) -> None:
    people.unblock(actor=actor, user=user)


def _revive(actor: Actor, user: User, _reason: str) -> None:
    people.revive(actor=actor, user=user)


def _reset_password(actor: Actor, user: User, _reason: str) -> str:
    return people.reset_password(actor=actor, user=user)


def _reset_factor(actor: Actor, user: User, _reason: str) -> None:
    people.reset_second_factor(actor=actor, user=user)


def _invite_again(actor: Actor, user: User, _reason: str) -> None:
    newcomers.invite_again(actor=actor, user=user)


def _delete(actor: Actor, user: User, _reason: str) -> None:
    people.delete_person(actor=actor, user=user)


_IN = frozenset(OPEN_STATES)
_ALIVE = frozenset(State) - {State.DELETED}
ACTS = {
    act.name: act
    for act in (
        Act("revive", HELP, frozenset(LOCKS), _revive),
        Act("password", HELP, _IN | set(LOCKS), _reset_password),
        Act("factor", WRITE, _ALIVE, _reset_factor),
        Act("invite", WRITE, frozenset({State.INVITED}), _invite_again),
        Act("block", WRITE, _ALIVE - {State.BLOCKED}, _block, is_danger=True, asks_why=True),
        Act("unblock", WRITE, frozenset({State.BLOCKED}), _unblock),
        Act("delete", WRITE, _ALIVE, _delete, is_danger=True),
    )
}


def offered(detail: Detail, rights: frozenset[str]) -> list[tuple[Act, Words]]:
    """What the viewer can do to the person now, in the order of the page."""
    return [
        (act, words(act, detail))
        for act in ACTS.values()
        if act.right in rights and detail.user.state in act.states and (act.name != "factor" or detail.factors)
    ]


def words(act: Act, detail: Detail) -> Words:
    return _WORDS[act.name](str(detail.user), detail)


def _signed_out(name: str, sessions: int) -> str:
    if not sessions:
        return _("%(name)s is signed in nowhere at the moment.") % {"name": name}
    return ngettext(
        "%(name)s is signed out everywhere now: %(count)s session ends.",
        "%(name)s is signed out everywhere now: %(count)s sessions end.",
        sessions,
    ) % {"name": name, "count": sessions}


def _mailed(detail: Detail) -> str:
    if not detail.user.email:
        return _("Nobody is told by mail, because no address is known.")
    return _("A mail to %(email)s tells about it.") % {"email": detail.user.email}


def _revive_words(name: str, detail: Detail) -> Words:
    return Words(
        label=_("Reset sign-in status"),
        summary=_("Open the lock: password and second factor stay."),
        question=_("Reset the sign-in status of %(name)s?") % {"name": name},
        consequences=[
            _("%(name)s can sign in again at once, with password and second factor as before.") % {"name": name},
            _("The time until the next lock for inactivity starts anew."),
            _mailed(detail),
        ],
        button=_("Reset sign-in status"),
        done=_("%(name)s can sign in again.") % {"name": name},
    )


def _password_words(name: str, detail: Detail) -> Words:
    days = TEMPORARY_PASSWORD_LIFE.days
    life = ngettext(
        "You get a temporary password to pass on. It is shown once and works for %(count)s day.",
        "You get a temporary password to pass on. It is shown once and works for %(count)s days.",
        days,
    ) % {"count": days}
    return Words(
        label=_("Reset password"),
        summary=_("Get a temporary password to pass on."),
        question=_("Reset the password of %(name)s?") % {"name": name},
        consequences=[
            _("The present password no longer works."),
            _signed_out(name, detail.sessions),
            life,
            _("At the next sign-in %(name)s gives an e-mail address and a password of their own.") % {"name": name},
            _("The second factor stays."),
            _mailed(detail),
        ],
        button=_("Reset password"),
    )


def _factor_words(name: str, detail: Detail) -> Words:
    kinds = ", ".join(texts.of_factor(kind) for kind in dict.fromkeys(detail.factors))
    return Words(
        label=_("Reset second factor"),
        summary=_("For somebody who lost phone, key and recovery codes."),
        question=_("Remove all second factors of %(name)s?") % {"name": name},
        consequences=[
            _("Removed: %(kinds)s.") % {"kinds": kinds or "–"},
            _signed_out(name, detail.sessions),
            _(
                "Until a new one is set up, the password alone opens the account. Make sure that it is really "
                "%(name)s: call back on a number that you know."
            )
            % {"name": name},
            _mailed(detail),
        ],
        button=_("Remove second factors"),
        done=_("%(name)s has no second factor any more.") % {"name": name},
    )


def _invite_words(name: str, detail: Detail) -> Words:
    days = LIFETIME.days
    life = ngettext("The link in it works for %(count)s day.", "The link in it works for %(count)s days.", days) % {
        "count": days
    }
    return Words(
        label=_("Send invitation again"),
        summary=_("A new mail with a fresh link."),
        question=_("Send %(name)s the invitation again?") % {"name": name},
        consequences=[_("A mail goes to %(email)s.") % {"email": detail.user.email}, life],
        button=_("Send invitation"),
        done=_("The invitation is on its way to %(email)s.") % {"email": detail.user.email},
    )


def _block_words(name: str, detail: Detail) -> Words:
    return Words(
        label=_("Block"),
        summary=_("Keep out until somebody unblocks."),
        question=_("Block %(name)s?") % {"name": name},
        consequences=[
            _signed_out(name, detail.sessions),
            _("Nobody can sign in with this account until you or another administrator unblocks it."),
            _("Nothing is deleted: roles and access rights wait."),
            _mailed(detail),
        ],
        button=_("Block"),
        done=_("%(name)s is blocked.") % {"name": name},
    )


def _unblock_words(name: str, detail: Detail) -> Words:
    return Words(
        label=_("Unblock"),
        summary=_("Let in again with roles and access rights as before."),
        question=_("Unblock %(name)s?") % {"name": name},
        consequences=[
            _("%(name)s can sign in again, with password and second factor as before.") % {"name": name},
            _("Whoever has not accepted the invitation yet is still invited."),
            _mailed(detail),
        ],
        button=_("Unblock"),
        done=_("%(name)s is no longer blocked.") % {"name": name},
    )


def _delete_words(name: str, detail: Detail) -> Words:
    return Words(
        label=_("Delete"),
        summary=_("End the account for good."),
        question=_("Delete %(name)s for good?") % {"name": name},
        consequences=[
            _signed_out(name, detail.sessions),
            _("Name, address, factors, roles and access rights are erased. Nobody can bring them back."),
            _("What was done with the account stays in the audit."),
            _mailed(detail),
        ],
        button=_("Delete for good"),
        done=_("%(name)s was deleted.") % {"name": name},
    )


_WORDS: dict[str, Callable[[str, Detail], Words]] = {
    "revive": _revive_words,
    "password": _password_words,
    "factor": _factor_words,
    "invite": _invite_words,
    "block": _block_words,
    "unblock": _unblock_words,
    "delete": _delete_words,
}
