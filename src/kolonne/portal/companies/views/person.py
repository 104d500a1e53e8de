from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import people as actions
from kolonne.portal.companies.forms.people import ReasonForm, RolesForm
from kolonne.portal.companies.models import Membership
from kolonne.portal.companies.queries import inbox, rights_over
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries.directory import may_at
from kolonne.portal.companies.queries.people import WRITE, Detail
from kolonne.portal.companies.views import acts
from kolonne.portal.companies.views.acts import ACTS, Act, Words
from kolonne.portal.companies.views.people import actor_of_request, for_people_readers
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, KolonneError, NotAllowed, NotFound


@dataclass(frozen=True)
class Place:
    """A membership, and what the viewer may do about it."""

    membership: Membership
    may_change: bool
    may_remove: bool


@for_people_readers
@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: data, roles, state, factors, history, and what can be done."""
    actor = actor_of_request(request)
    user = reads.get_person_for(actor, pk)
    actions.note_look_at_person(actor, user)
    detail, rights = reads.detail_of(actor, user), rights_over(actor, user)
    places = [_place(actor, member) for member in detail.memberships]
    context = {
        "detail": detail,
        "person": user,
        "acts": acts.offered(detail, rights),
        "places": places,
        "factors": [texts.of_factor(kind) for kind in dict.fromkeys(detail.factors)],
        "requests": inbox.requests_of(actor, user),
        "is_self": user.pk == actor.user_id,
        "may_bin": WRITE in rights or any(place.may_change for place in places),
        "may_correct": WRITE in rights and user.state != "deleted",
        "helps": reads.helps(actor),
        "is_shared": any(place.may_change for place in places) and not rights,
    }
    return render(request, "companies/person.html", context)


def _place(actor: Actor, member: Membership) -> Place:
    may = member.user_id != actor.user_id and may_at(actor, WRITE, member.company.company)
    return Place(member, may, may and actions.belongs_elsewhere(member.user, member.company_id))


@for_people_readers
@require_http_methods(["GET", "POST"])
def person_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Names what an act brings about, then does it."""
    actor, chosen = actor_of_request(request), ACTS[act]
    detail = reads.detail_of(actor, reads.get_person_for(actor, pk))
    if chosen.right not in rights_over(actor, detail.user):
        raise NotAllowed(chosen.right)
    words = acts.words(chosen, detail)
    form = ReasonForm(request.POST if request.method == "POST" else None) if chosen.asks_why else None
    error = ""
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            secret = chosen.do(actor, detail.user, form.cleaned_data["reason"] if form else "")
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            return _after(request, detail.user, words, secret)
    return _confirm(request, detail, chosen, words, form=form, error=error)


def _confirm(request: HttpRequest, detail: Detail, act: Act, words: Words, **more: Any) -> HttpResponse:
    context = {"person": detail.user, "act": act, "words": words, "can": detail.user.state in act.states, **more}
    return render(request, "companies/person_confirm.html", context, status=409 if more["error"] else 200)


def _after(request: HttpRequest, user: User, words: Words, secret: str | None) -> HttpResponse:
    if secret is not None:
        # In this one answer and nowhere else: no session, no address, no log, no cache.
        user.refresh_from_db()
        return render(request, "companies/person_password.html", {"person": user, "password": secret})
    messages.success(request, words.done)
    user.refresh_from_db()
    return redirect("people") if user.state == "deleted" else redirect("person", pk=user.pk)


@for_people_readers
@require_http_methods(["GET", "POST"])
def person_roles(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """The roles of a person in one organisation."""
    member = _membership_for(actor_of_request(request), pk, membership)
    form = RolesForm(
        member.company, request.POST if request.method == "POST" else None, initial={"roles": member.roles}
    )
    if form.is_valid():
        try:
            actions.change_roles(actor=actor_of_request(request), membership=member, roles=form.wanted())
        except KolonneError as error:
            form.add_error("roles", texts.of_refusal(error.code, error.text))
        else:
            messages.success(request, _("The roles of %(name)s are changed.") % {"name": member.user})
            return redirect("person", pk=pk)
    context = {"person": member.user, "member": member, "form": form}
    return render(request, "companies/person_roles.html", context, status=422 if form.errors else 200)


@for_people_readers
@require_http_methods(["GET", "POST"])
def person_remove(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Takes a person out of one organisation."""
    actor = actor_of_request(request)
    member = _membership_for(actor, pk, membership)
    error = ""
    if request.method == "POST":
        try:
            actions.remove_member(actor=actor, membership=member)
        except Conflict as conflict:
            error = texts.of_refusal(conflict.code, conflict.text)
        else:
            messages.success(
                request,
                _("%(name)s no longer belongs to %(company)s.") % {"name": member.user, "company": member.company},
            )
            return redirect("people")
    context = {"person": member.user, "member": member, "error": error}
    return render(request, "companies/person_remove.html", context, status=409 if error else 200)


def _membership_for(actor: Actor, pk: int, membership: int) -> Membership:
    """Raises NotFound to strangers, NotAllowed to those who may only look, and for one's own."""
    user = reads.get_person_for(actor, pk)
    found = [member for member in reads.detail_of(actor, user).memberships if member.pk == membership]
    if not found:
        raise NotFound("membership")
    if user.pk == actor.user_id or not may_at(actor, WRITE, found[0].company.company):
        raise NotAllowed(WRITE)
    return found[0]
