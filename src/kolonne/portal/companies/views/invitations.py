from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions import invitations as actions
from kolonne.portal.companies.forms.invitations import InviteForm
from kolonne.portal.companies.gate import blocked
from kolonne.portal.companies.models import Company, Invitation, Kind
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries.invitations import get_invitation_for
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.companies.views.newcomer import chosen_company, language_of
from kolonne.portal.companies.views.people import actor_of_request, for_people_readers
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed


@for_people_readers
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody is asked into a fleet company: the open one, or one that a market's administrator chooses first."""
    actor = actor_of_request(request)
    companies = [one for one in reads.organisations_to_fill(actor) if one.kind == Kind.FLEET]
    if not companies:
        raise NotAllowed(WRITE)
    company = chosen_company(companies, request.GET.get("organisation", ""))
    if company is None:
        return render(
            request, "companies/person_create_where.html", {"organisations": companies, "is_invitation": True}
        )
    context = {"company": company, "can_choose": len(companies) > 1, "days": actions.LIFETIME.days}
    if why := blocked(actor, company):
        return render(request, "companies/invite.html", context | {"blocked": why})
    form = InviteForm(
        company, request.POST if request.method == "POST" else None, initial={"language": language_of(request)}
    )
    if form.is_valid() and (invitation := _invited(request, company, form)):
        messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": invitation.address})
        return redirect("people")
    return render(request, "companies/invite.html", context | {"form": form}, status=422 if form.errors else 200)


def _invited(request: HttpRequest, company: Company, form: InviteForm) -> Invitation | None:
    """None when the form now says what is wrong."""
    actor = actor_of_request(request)
    try:
        return actions.invite(actor=actor, company=company, invitee=form.invitee(), roles=form.wanted())
    except Conflict as error:
        form.add_error(error.facts.get("field"), texts.of_refusal(error.code, error.text))
    except Invalid as error:
        for field in error.errors:
            form.add_error(field if field in form.fields else None, texts.of_refusal(error.code, error.text))
    return None


@for_people_readers
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Another message with a new link."""
    invitation = get_invitation_for(actor_of_request(request), pk)
    try:
        actions.resend(actor=actor_of_request(request), invitation=invitation)
    except Conflict as error:
        messages.error(request, texts.of_refusal(error.code, error.text))
    else:
        words = _("A new invitation is on its way to %(address)s. The old link opens nothing any more.")
        messages.success(request, words % {"address": invitation.address})
    return redirect("people")


@for_people_readers
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Its link opens nothing from now on."""
    invitation = get_invitation_for(actor_of_request(request), pk)
    try:
        actions.revoke(actor=actor_of_request(request), invitation=invitation)
    except Conflict as error:
        messages.error(request, texts.of_refusal(error.code, error.text))
    else:
        messages.success(request, _("The invitation of %(address)s is taken back.") % {"address": invitation.address})
    return redirect("people")
