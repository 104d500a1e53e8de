"""What the administrator of a fleet company sees and does until a dealer has verified it (VE-01, VE-02)."""

import io
from dataclasses import replace

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kolonne.portal.companies import actions, codes
from kolonne.portal.companies.actions import CompanyData
from kolonne.portal.companies.actions.verification import CASE_VALID, start_case
from kolonne.portal.companies.queries import directory
from kolonne.portal.companies.queries import verification as reads
from kolonne.portal.companies.queries.verification import Progress
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.organisations import number
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound


@login_required
@require_GET
def verification(request: HttpRequest) -> HttpResponse:
    """Why a dealer checks the company, what to bring, the code to show, and what was found."""
    progress = _progress(request)
    company = progress.company
    search = request.GET.get("place", "").replace("\0", "").strip()[:80]
    near = reads.places_in(company.market_id, search or company.city)
    context = {
        "progress": progress,
        "company": company,
        "code": codes.grouped(progress.case.code) if progress.case and progress.state == "shown" else "",
        "days": CASE_VALID.days,
        "items": [(item, Verification(item.state).label) for item in progress.items],
        "search": search,
        "places": near if near or search else reads.places_in(company.market_id),
        "partner": directory.dealer(company.partner_id),
        "most": reads.MOST_DEALERS,
    }
    return render(request, "companies/verification.html", context)


def _progress(request: HttpRequest) -> Progress:
    actor = actor_of_request(request)
    if actor.acting_for is not None:
        raise NotFound("page")  # the code is for the person alone
    return reads.progress_of(actor, reads.company_to_verify(actor))


@login_required
@require_POST
def case_start(request: HttpRequest) -> HttpResponse:
    """A new code; the earlier one opens nothing any more."""
    actor = actor_of_request(request)
    company = reads.company_to_verify(actor)
    try:
        start_case(actor=actor, company=company, is_remote=request.POST.get("how") == "remote")
    except Conflict as error:
        messages.error(request, of_refusal(error.code, error.text))
    return redirect("verification")


@login_required
@require_GET
def case_qr(request: HttpRequest) -> HttpResponse:
    """The address of the reader's own open case for the dealer's camera, dark on white as cameras want it."""
    progress = _progress(request)
    if progress.case is None or progress.state != "shown":
        raise NotFound("code")
    address = settings.PUBLIC_URL + reverse("case_by_code", args=[progress.case.code])
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawing, kind="svg", scale=6, border=3, light="#fff", dark="#000")
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")


@login_required
@require_POST
def verification_partner(request: HttpRequest) -> HttpResponse:
    """The dealer of the list becomes the company's after-sales partner, too (B2-03)."""
    actor = actor_of_request(request)
    company = reads.company_to_verify(actor)
    seen = CompanyData.of(company)
    wanted = directory.dealer(number(request.POST.get("partner", "")))
    if wanted is None:
        raise NotFound("dealer")
    try:
        actions.change_company(actor=actor, company=company, seen=seen, data=replace(seen, partner_id=wanted.pk))
    except (Conflict, Invalid):
        messages.error(request, _("This dealer cannot be chosen. Please choose one of the list."))
    else:
        messages.success(request, _("%(dealer)s is the after-sales partner now.") % {"dealer": wanted.name})
    return redirect("verification")
