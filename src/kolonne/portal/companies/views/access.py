from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.companies import actions
from kolonne.portal.companies.actions.audit import note_look_at_access
from kolonne.portal.companies.forms.access import AccessForm
from kolonne.portal.companies.models import Membership
from kolonne.portal.companies.queries import matrix, open_access_requests
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import Application
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.errors import Conflict, NotFound


@login_required
@require_GET
def access_rights(request: HttpRequest) -> HttpResponse:
    """People of the open organisation by applications; on top, who asks for one."""
    actor = actor_of_request(request)
    company = matrix.company_to_grant_in(actor)
    note_look_at_access(actor, company)
    search = request.GET.get("q", "").strip()[:80]
    found = matrix.matrix_of(actor, company, search, request.GET.get("page", "1"))
    asked = [(one, one.membership.user_id == actor.user_id) for one in open_access_requests(company.pk)]
    context = {"company": company, "matrix": found, "page": found.page, "search": search, "asked": asked}
    return render(request, "companies/access_rights.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def access_edit(request: HttpRequest, pk: int, application: str) -> HttpResponse:
    """What one person may do in one application."""
    actor = actor_of_request(request)
    company = matrix.company_to_grant_in(actor)
    member, app = matrix.member_for(company, pk), matrix.application_for(company, application)
    if member.user_id == actor.user_id:
        raise Conflict("own_right", "nobody gives or takes a right of his own")
    before = matrix.rights_of(member, app)
    form = AccessForm(app, request.POST if request.method == "POST" else None, initial={"rights": before})
    if request.method == "POST" and form.is_valid():
        _save(actor, member, app, before, form.cleaned_data["rights"])
        messages.success(request, _("The access rights of %(person)s were saved.") % {"person": member.user})
        return redirect("access_rights")
    context = {"company": company, "member": member, "application": app, "form": form, "has_access": bool(before)}
    return render(request, "companies/access_edit.html", context)


def _save(actor: Actor, member: Membership, app: Application, before: list[str], wanted: list[str]) -> None:
    if wanted and set(wanted) != set(before):
        actions.grant_access(actor=actor, membership=member, application=app, rights=wanted)
    if before and not wanted:
        actions.revoke_access(actor=actor, membership=member, application=app)


@login_required
@require_POST
def access_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One click for somebody who asked."""
    actor = actor_of_request(request)
    company = matrix.company_to_grant_in(actor)
    granted = request.POST.get("answer") == "grant"
    if not granted and request.POST.get("answer") != "refuse":
        return redirect("access_rights")
    try:
        asked = matrix.request_for(company, pk)
        actions.answer_request(actor=actor, request=asked, granted=granted)
    except NotFound:
        messages.info(request, _("This request was answered already."))
    else:
        facts = {"person": asked.membership.user, "application": asked.application}
        done = _("%(person)s may use %(application)s now.") if granted else _("The request of %(person)s was refused.")
        messages.success(request, done % facts)
    return redirect("access_rights")
