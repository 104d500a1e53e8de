"""Registering a company in few steps (CO-01). What was entered is kept in the session until the end, so that the back
button and a reload lose nothing; a step counts as done only while what is kept of it is valid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.companies import legal
from kolonne.portal.companies.actions.registration import CompanyToBe, register_company
from kolonne.portal.companies.forms.registration import CompanyDetailsForm, CountryForm, DeclarationForm
from kolonne.portal.companies.models import Company
from kolonne.portal.companies.queries.registered import is_registered
from kolonne.portal.companies.views.choice import CHOSEN
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity import limits
from kolonne.portal.identity.actions.help import MARKET_OF_LANGUAGE
from kolonne.portal.identity.actions.registration import Person, is_complete
from kolonne.portal.identity.forms.person import PersonForm
from kolonne.portal.identity.models import User
from kolonne.portal.lib.errors import Conflict

KEPT = "company_registration"
"""Session key: what was entered, by step, as it was typed."""
DONE = "company_registered"
"""Session key: the company that came of it."""
Kept = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Step:
    """One page of the way."""

    name: str
    """Also of its template and, with `register_`, of its URL."""
    title: str

    @property
    def url(self) -> str:
        return reverse(f"register_{self.name}")


@dataclass(frozen=True)
class Way:
    """How far somebody has come."""

    request: HttpRequest
    user: User
    kept: Kept

    @property
    def steps(self) -> list[Step]:
        """Somebody of whom a dealer could compare everything is not asked about himself."""
        you = [] if is_complete(self.user) else [Step("you", _("You"))]
        return [Step("country", _("Country")), *you, Step("details", _("Company")), Step("confirm", _("Check"))]

    def form(self, name: str, data: Any = None) -> forms.Form:
        """Of one step, with what is sent now, else with what was kept."""
        kept = self.kept.get(name)
        if name == "country":
            start = kept or {"market": MARKET_OF_LANGUAGE.get(self.user.language, "")}
            return CountryForm(data, initial=start)
        if name == "you":
            known = {field: getattr(self.user, field) for field in ("first_name", "last_name", "birth_date", "mobile")}
            return PersonForm(data, initial={**known, **(kept or {})}, region=self.market)
        if name == "details":
            return CompanyDetailsForm(self.market, data, initial=kept)
        return DeclarationForm(data)

    @property
    def market(self) -> str:
        return self.kept.get("country", {}).get("market", "")

    def valid(self, name: str) -> dict[str, Any] | None:
        """What was kept of a step, checked again; None when it is missing or no longer right."""
        kept = self.kept.get(name)
        form = self.form(name, kept) if kept is not None else None
        return form.cleaned_data if form is not None and form.is_valid() else None

    def first_open(self, before: str) -> Step | None:
        """Of the steps that come before one, the first that is not done."""
        for step in self.steps:
            if step.name == before:
                return None
            if self.valid(step.name) is None:
                return step
        return self.steps[0]

    def keep(self, name: str, form: forms.Form) -> None:
        self.kept[name] = {field: str(form.data.get(field, "")) for field in form.fields}
        self.request.session[KEPT] = self.kept


def _on_the_way(view: Callable[[Way], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A step of somebody who has done all the steps before it; others are sent to the first that is missing."""
    name = view.__name__.removeprefix("register_")

    @login_required
    @require_http_methods(["GET", "POST"])
    def page(request: HttpRequest) -> HttpResponse:
        way = Way(request, cast("User", request.user), dict(request.session.get(KEPT, {})))
        missing = way.first_open(before=name)
        if missing and name == "confirm" and request.session.get(DONE):
            return redirect("start")  # the button was pressed twice
        return redirect(missing.url) if missing else view(way)

    return page


@login_required
@require_GET
def company_registration(request: HttpRequest) -> HttpResponse:
    """Where somebody goes on: the first step that is not done."""
    way = Way(request, cast("User", request.user), dict(request.session.get(KEPT, {})))
    step = way.first_open(before="confirm")
    return redirect((step or way.steps[-1]).url)


@_on_the_way
def register_country(way: Way) -> HttpResponse:
    """In which country the company is registered."""
    return _plain_step(way, "country")


@_on_the_way
def register_you(way: Way) -> HttpResponse:
    """Name and date of birth, of those who have told neither yet; from a private account nothing is copied (ID-03)."""
    return _plain_step(way, "you")


@_on_the_way
def register_details(way: Way) -> HttpResponse:
    """Legal form, name, numbers and address."""
    form = _sent(way, "details")
    if form is not None and form.is_valid() and not _is_known(way, cast("CompanyDetailsForm", form)):
        return _kept(way, "details", form)
    return _page(way, "details", form)


@_on_the_way
def register_confirm(way: Way) -> HttpResponse:
    """Everything once more, the declaration of authority, and the company is there."""
    form = _sent(way, "confirm")
    if form is not None and form.is_valid():
        company = _registered(way, form)
        if company is not None:
            way.request.session.pop(KEPT, None)
            way.request.session[CHOSEN] = way.request.session[DONE] = company.pk
            return redirect("start")
    return _page(way, "confirm", form)


def _plain_step(way: Way, name: str) -> HttpResponse:
    form = _sent(way, name)
    return _kept(way, name, form) if form is not None and form.is_valid() else _page(way, name, form)


def _sent(way: Way, name: str) -> forms.Form | None:
    return way.form(name, way.request.POST) if way.request.method == "POST" else None


def _kept(way: Way, name: str, form: forms.Form) -> HttpResponse:
    way.keep(name, form)
    names = [step.name for step in way.steps]
    return redirect(way.steps[names.index(name) + 1].url)


def _page(way: Way, name: str, form: forms.Form | None) -> HttpResponse:
    steps = way.steps
    number = [step.name for step in steps].index(name)
    context: dict[str, Any] = {
        "form": form or way.form(name),
        "steps": steps,
        "step": steps[number],
        "number": number + 1,
        "before": steps[number - 1] if number else None,
        "country": legal.country(way.market),
        "person": way.user,
    }
    if name == "confirm":
        context |= _summary(way)
    status = 422 if form is not None and form.errors else 200
    return render(way.request, f"companies/register_{name}.html", context, status=status)


def _summary(way: Way) -> dict[str, Any]:
    details = way.valid("details") or {}
    known = {name: getattr(way.user, name) for name in ("first_name", "last_name", "birth_date")}
    market = dict(cast("CountryForm", way.form("country")).fields["market"].choices)[way.market]  # type: ignore[attr-defined]
    return {
        "details": details,
        "market": market,
        "legal_form": legal.form_name(way.market, details.get("legal_form", "")),
        "you": way.valid("you") or known,
        "asks_you": any(step.name == "you" for step in way.steps),
    }


def _is_known(way: Way, form: CompanyDetailsForm) -> bool:
    """Whether the form now says that the company is here already. Who asks too often learns nothing any more: what is
    registered with us is no public register."""
    facts = form.cleaned_data
    data = legal.LegalData(facts["legal_form"], facts["register_number"], facts["vat_number"])
    kept = way.valid("details") or {}
    if (kept.get("register_number"), kept.get("vat_number")) == (data.register_number, data.vat_number):
        return False  # was asked before
    if not limits.allows("company_number", way.user.pk):
        form.add_error(None, _("You tried many numbers today. Go on tomorrow, or ask a dealer."))
    elif is_registered(way.market, data):
        form.add_error("register_number" if data.register_number else "vat_number", _known())
    return bool(form.errors)


def _known() -> str:
    return _(
        "A company with this number is registered with Kolonne. Ask its administrator to invite you. If nobody there "
        "knows of it, ask a dealer or the support of your country."
    )


def _registered(way: Way, form: forms.Form) -> Company | None:
    """None when the page has to say why not."""
    you = way.valid("you") if not is_complete(way.user) else None
    try:
        return register_company(
            actor=actor_of_request(way.request),
            market=way.market,
            data=CompanyToBe(**(way.valid("details") or {})),
            person=Person(**you) if you else None,
            is_declared=form.cleaned_data["declared"],
        )
    except Conflict as error:
        form.add_error(None, _refusal(error))
        return None


def _refusal(error: Conflict) -> str:
    if error.code == "company_known":
        return _known()
    text = _("%(most)d of your companies wait for a dealer already. Let one of them be verified, then go on.")
    return text % error.facts
