from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kolonne.portal.companies.actions.names import correct_names
from kolonne.portal.companies.forms.names import NamesForm
from kolonne.portal.companies.queries import people as reads
from kolonne.portal.companies.queries import rights_over
from kolonne.portal.companies.queries.people import WRITE
from kolonne.portal.companies.texts import of_refusal
from kolonne.portal.companies.views.people import actor_of_request, for_people_readers
from kolonne.portal.lib.errors import Conflict, NotAllowed


@for_people_readers
@require_http_methods(["GET", "POST"])
def person_names(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrects the names of somebody else; everybody changes his own under "Your account" (CO-03)."""
    actor = actor_of_request(request)
    person = reads.get_person_for(actor, pk)
    if WRITE not in rights_over(actor, person):
        raise NotAllowed(WRITE)
    form = NamesForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            person = correct_names(actor=actor, user=person, seen=form.seen(), names=form.names())
        except Conflict as error:
            form.add_error(None, of_refusal(error.code, error.text))
        else:
            messages.success(request, _("Saved. A mail tells %(name)s about it.") % {"name": person})
            return redirect("person", pk=pk)
    context = {"person": person, "form": form}
    return render(request, "companies/person_names.html", context, status=422 if form.errors else 200)
