from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies import texts
from kolonne.portal.companies.actions.newcomers import invite_person
from kolonne.portal.companies.forms.people import PersonForm
from kolonne.portal.companies.models import Company, Kind, Membership
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.companies.views.people import actor_of_request, for_people_readers
from kolonne.portal.identity.models import Language, User
from kolonne.portal.identity.user_ids import free_user_id
from kolonne.portal.lib.errors import Conflict, Invalid, NotAllowed, NotFound


@for_people_readers
@require_http_methods(["GET", "POST"])
def person_create(request: HttpRequest) -> HttpResponse:
    """A new person in an organisation: the open one, or one that a market's administrator chooses first. People of
    fleet companies are invited instead, and give their data themselves (CO-05)."""
    companies = reads.organisations_to_fill(actor_of_request(request))
    if not companies:
        raise NotAllowed(WRITE)
    company = chosen_company(companies, request.GET.get("organisation", ""))
    if company is None:
        return render(request, "companies/person_create_where.html", {"organisations": companies})
    if company.kind == Kind.FLEET:
        return redirect(f"{reverse('people_invite')}?organisation={company.pk}")
    form = PersonForm(
        company, request.POST if request.method == "POST" else None, initial={"language": language_of(request)}
    )
    if form.is_valid():
        member = _invited(request, company, form)
        if member is not None:
            facts = {"name": member.user, "user_id": member.user.username}
            messages.success(request, _("%(name)s is invited. The user id is %(user_id)s.") % facts)
            return redirect("person", pk=member.user_id)
    context = {"form": form, "company": company, "can_choose": len(companies) > 1}
    return render(request, "companies/person_create.html", context, status=422 if form.errors else 200)


def chosen_company(companies: list[Company], wanted: str) -> Company | None:
    """Raises NotFound for one where the reader creates nobody."""
    if not wanted:
        return companies[0] if len(companies) == 1 else None
    found = next((company for company in companies if str(company.pk) == wanted), None)
    if found is None:
        raise NotFound("organisation")
    return found


def language_of(request: HttpRequest) -> str:
    user = request.user
    return user.language if isinstance(user, User) else Language.ENGLISH


def _invited(request: HttpRequest, company: Company, form: PersonForm) -> Membership | None:
    """The new membership; None when the form now says what is wrong."""
    actor = actor_of_request(request)
    try:
        return invite_person(actor=actor, company=company, person=form.person(), roles=form.wanted())
    except Conflict as error:
        text = texts.of_refusal(error.code, error.text)
        if error.code == "user_exists":
            free = free_user_id(form.cleaned_data["first_name"], form.cleaned_data["last_name"])
            text = f"{text} " + (_("Free is, for example: %(user_id)s.") % {"user_id": free} if free else "")
        form.add_error(error.facts.get("field"), text)
    except Invalid as error:
        for field in error.errors:
            form.add_error(field if field in form.fields else None, texts.of_refusal(error.code, error.text))
    return None
