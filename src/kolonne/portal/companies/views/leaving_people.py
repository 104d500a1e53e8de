"""How people leave: they ask to be deleted, hand over, or are taken out by an administrator (CO-06)."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import deletion_requests as actions
from kolonne.portal.companies.actions.handing_over import hand_over as hand_over_action
from kolonne.portal.companies.forms.people import HandOverForm
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries import rights_over
from kolonne.portal.companies.queries.directory import may_at
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.companies.queries.profile import belongings_of, successors
from kolonne.portal.companies.views.people import actor_of_request, for_people_readers
from kolonne.portal.identity.models import PrivateProfile, User
from kolonne.portal.lib.errors import Conflict, NotAllowed


@login_required
@require_http_methods(["GET", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """What becomes of who wants to be deleted: whom it is asked, until when, and how to take it back."""
    user, actor = cast("User", request.user), actor_of_request(request)
    if request.method == "POST":
        try:
            if request.POST.get("do") == "withdraw":
                actions.withdraw(actor=actor, user=user)
                messages.success(request, _("You stay: your request is taken back."))
            elif request.POST.get("do") == "ask":
                actions.ask_for_deletion(actor=actor, user=user)
                messages.success(request, _("Your request is on its way."))
        except Conflict as error:
            messages.error(request, texts.of_refusal(error.code, error.text))
        return redirect("account_delete")
    belongings = belongings_of(user)
    context = {
        "belongings": belongings,
        "has_helpers": any(place.administrators for place in belongings),
        "days": settings.DELETION_DAYS,
        "has_private": PrivateProfile.objects.filter(user=user).exists(),
    }
    return render(request, "companies/account_delete.html", context)


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def account_delete_now(request: HttpRequest) -> HttpResponse:
    """At once, for somebody who belongs to no organisation, after a page that names what goes with it."""
    user = cast("User", request.user)
    if PrivateProfile.objects.filter(user=user).exists():
        return redirect("private_delete")
    if belongings_of(user):
        return redirect("account_delete")
    if request.method == "GET":
        return render(request, "companies/account_delete_now.html")
    actions.delete_oneself(actor=actor_of_request(request), user=user)
    logout(request)
    return render(request, "identity/private_gone.html")


@login_required
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """An administrator makes another one and asks to be taken out of the open company."""
    actor = actor_of_request(request)
    mine = reads.companies_with(actor, WRITE)
    if not mine:
        raise NotAllowed(WRITE)
    company, people = successors(mine[0], actor.user_id or 0)
    form = HandOverForm(people, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            to = hand_over_action(actor=actor, to=form.chosen(), leave=form.cleaned_data["leave"])
        except Conflict as error:
            form.add_error("to", texts.of_refusal(error.code, error.text))
        else:
            done = (
                _("%(name)s was asked to take you out.")
                if form.cleaned_data["leave"]
                else _("%(name)s is administrator now.")
            )
            messages.success(request, done % {"name": to.user})
            return redirect("account")
    context = {"company": company, "people": people, "form": form}
    return render(request, "companies/hand_over.html", context, status=422 if form.errors else 200)


@for_people_readers
@require_GET
def person_out(request: HttpRequest, pk: int) -> HttpResponse:
    """The bin: to the page that deletes the account where it belongs to nobody else, else to the one that takes the
    person out of the organisation. Both name what happens and ask again."""
    actor = actor_of_request(request)
    user = reads.get_person_for(actor, pk)
    if WRITE in rights_over(actor, user):
        return redirect("person_delete", pk=pk)
    for member in reads.detail_of(actor, user).memberships:
        if user.pk != actor.user_id and may_at(actor, WRITE, member.company.company):
            return redirect("person_remove", pk=pk, membership=member.pk)
    raise NotAllowed(WRITE)
