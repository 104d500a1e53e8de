from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from kolonne.portal.companies import gate, hooks, legal
from kolonne.portal.companies.models import Company, Kind
from kolonne.portal.companies.start import WRITE
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity.models import Verification
from kolonne.portal.lib.errors import NotAllowed

LANDED = "landed"
"""Session key: the company whose start page was shown after sign-in."""
READ = "companies.company:read"


@login_required
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """What a company has done and what comes next; the first open step is the primary button (VE-01)."""
    actor = actor_of_request(request)
    company = _open_company(request)
    if company is None:
        raise NotAllowed(READ)
    if company.kind != Kind.FLEET:
        return redirect("/")
    request.session[LANDED] = company.pk
    steps = hooks.next_steps(actor, company)
    context = {
        "company": company,
        "legal_form": legal.form_name(company.market_id, company.legal_form),
        "steps": steps,
        "first_open": next((step for step in steps if not step.is_done and step.url), None),
        "done": sum(step.is_done for step in steps),
        "blocked": gate.blocked(actor, company),
        "Verification": Verification,
    }
    return render(request, "companies/start.html", context)


def landing(request: HttpRequest, *, has_vans: bool) -> bool:
    """Whether the start page is where an administrator begins: always while there are no vans, and once after each
    sign-in while no dealer has verified the company."""
    company = _open_company(request)
    if company is None or company.kind != Kind.FLEET or not actor_of_request(request).may(WRITE, company.pk):
        return False
    is_waiting = company.verification != Verification.VERIFIED and request.session.get(LANDED) != company.pk
    return not has_vans or is_waiting


def _open_company(request: HttpRequest) -> Company | None:
    ids = actor_of_request(request).company_ids
    return Company.objects.select_related("company__market").filter(pk__in=ids).order_by("pk").first()
