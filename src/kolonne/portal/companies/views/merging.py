"""Two companies become one: who hands over a code, who asks, who confirms, and how far it is (CO-10)."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kolonne.portal.companies import codes
from kolonne.portal.companies.actions import merging as actions
from kolonne.portal.companies.forms.merging import ConfirmMergeForm, MergeCodeForm
from kolonne.portal.companies.models import Company, Merge
from kolonne.portal.companies.queries import actor_of
from kolonne.portal.companies.queries import merging as reads
from kolonne.portal.companies.queries.merging import MERGE
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.leaving import open_company
from kolonne.portal.companies.views.organisations import number
from kolonne.portal.companies.views.people import actor_of_request
from kolonne.portal.identity import limits
from kolonne.portal.identity.models import User
from kolonne.portal.lib.actor import Actor
from kolonne.portal.lib.address import client_address
from kolonne.portal.lib.errors import Conflict, Invalid, NotFound


def _everywhere(request: HttpRequest) -> Actor:
    """The reader with the rights of all his companies: he may administer both. Nobody acts for somebody here."""
    actor = actor_of_request(request)
    return actor if actor.acting_for else actor_of(cast("User", request.user), client_address(request))


@login_required
@require_GET
def company_merge(request: HttpRequest) -> HttpResponse:
    """What the company can do towards a merge, how far one is, and which ones there were."""
    company = open_company(request, MERGE)
    return _overview(request, company, MergeCodeForm())


def _overview(request: HttpRequest, company: Company, form: MergeCodeForm, status: int = 200) -> HttpResponse:
    merge = reads.open_merge_of(company.pk)
    context: dict[str, Any] = {
        "company": company,
        "merge": merge,
        "state": _state(merge, company),
        "form": form,
        "partners": reads.own_partners(_everywhere(request), company),
        "past": reads.past_merges(company.pk),
        "days": actions.VALID.days,
    }
    if merge is not None and merge.code:
        context["code"] = codes.grouped(merge.code)
    if context["state"] in {"asked", "asking", "prepared"} and merge is not None:
        context["pair"] = reads.pair_of(merge)
    return render(request, "companies/merge.html", context, status=status)


def _state(merge: Merge | None, company: Company) -> str:
    """As the open company sees it: `none`, `offered`, `asked`, `prepared`, `asking` or `running`."""
    if merge is None:
        return "none"
    if merge.is_running:
        return "running"
    if merge.gone_id == company.pk:
        return "asking" if reads.is_asked(merge) else "prepared"
    return "asked" if reads.is_asked(merge) else "offered"


@login_required
@require_POST
def company_merge_code(request: HttpRequest) -> HttpResponse:
    """Makes the code that is handed to the administrators of the other company."""
    company = open_company(request, MERGE)
    try:
        actions.offer_merge(actor=actor_of_request(request), company=company)
    except Conflict as error:
        messages.error(request, of_refusal(error.code, error.text))
    return redirect("company_merge")


@login_required
@require_POST
def company_merge_join(request: HttpRequest) -> HttpResponse:
    """The open company goes: into one whose code was typed, or into another one of the reader's."""
    company = open_company(request, MERGE)
    if "into" in request.POST:
        return _join_own(request, company)
    form = MergeCodeForm(request.POST)
    if form.is_valid() and not limits.allows("case_code_person", request.user.pk):
        form.add_error("code", _("That was often enough for now. Wait an hour, then try again."))
    if form.is_valid():
        try:
            code = form.cleaned_data["code"]
            merge = actions.use_code(actor=actor_of_request(request), company=company, code=code)
            return redirect("company_merge_preview", pk=merge.pk)
        except NotFound:
            form.add_error(
                "code", _("Nobody has this code, or it is too old. Please compare it with the other company.")
            )
        except Conflict as error:
            form.add_error("code", of_refusal(error.code, error.text))
    return _overview(request, company, form, status=422)


def _join_own(request: HttpRequest, company: Company) -> HttpResponse:
    actor = _everywhere(request)
    wanted = number(request.POST["into"])
    stays = next((one for one in reads.own_partners(actor, company) if one.pk == wanted), None)
    if stays is None:
        raise NotFound("organisation")
    try:
        merge = actions.propose_merge(actor=actor, gone=company, stays=stays)
    except Conflict as error:
        messages.error(request, of_refusal(error.code, error.text))
        return redirect("company_merge")
    return redirect("company_merge_preview", pk=merge.pk)


@login_required
@reauthentication_required(enabled=True)  # type: ignore[untyped-decorator]  # allauth has no type stubs
@require_http_methods(["GET", "POST"])
def company_merge_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that the merge would do, from the real state; and the confirmation of one side, or of both."""
    company = open_company(request, MERGE)
    actor = _everywhere(request)
    merge = reads.merge_for(actor, pk)
    if not merge.is_open:
        return redirect("company_merge")
    preview = reads.preview_of(merge)
    form = ConfirmMergeForm(preview.pair.gone, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (agreed := _agree(actor, merge, form)):
        return _after(request, company, agreed)
    is_asked = reads.is_asked(merge)
    for_gone, for_stays = (actor.may(MERGE, one.pk) for one in (preview.pair.gone, preview.pair.stays))
    context = {
        "company": company,
        "merge": merge,
        "preview": preview,
        "form": form,
        "begins": for_stays and (for_gone or is_asked),
        "waits": for_gone and not for_stays and is_asked,
    }
    return render(request, "companies/merge_preview.html", context, status=422 if form.errors else 200)


def _agree(actor: Actor, merge: Merge, form: ConfirmMergeForm) -> Merge | None:
    """None when the form has to say why not."""
    try:
        return actions.agree_to_merge(actor=actor, merge=merge, typed_name=form.cleaned_data["name"])
    except Invalid:
        form.add_error("name", _("The company has another name by now. Type the one that stands above."))
    except Conflict as error:
        form.add_error(None, of_refusal(error.code, error.text))
    return None


def _after(request: HttpRequest, company: Company, merge: Merge) -> HttpResponse:
    if merge.confirmed_at is None:
        messages.success(request, _("You have confirmed. The administrators of the other company get a mail."))
        return redirect("company_merge")
    messages.success(request, _("The merge has begun. Nothing more has to be done."))
    return redirect("company_merge" if merge.stays_id == company.pk else "company_leaving")


@login_required
@require_POST
def company_merge_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes back what was prepared, from either side."""
    company = open_company(request, MERGE)
    merge = reads.open_merge_of(company.pk)
    if merge is None or merge.pk != pk:
        raise NotFound("merge")
    try:
        actions.stop_merge(actor=actor_of_request(request), merge=merge)
    except Conflict as error:
        messages.error(request, of_refusal(error.code, error.text))
    else:
        messages.success(request, _("The merge was stopped. Nothing was changed."))
    return redirect("company_merge")
