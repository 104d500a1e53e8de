from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.identity import limits
from kolonne.portal.identity.actions import help as help_requests
from kolonne.portal.identity.forms.trouble import HelpForm
from kolonne.portal.identity.models import Market
from kolonne.portal.lib.address import client_address


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """What to do when the sign-in does not work: oneself, then the administrator, then the support (B2-05)."""
    markets = list(Market.objects.order_by("pk"))
    code = request.GET.get("market") or help_requests.MARKET_OF_LANGUAGE.get(get_language() or "")
    chosen = next((market for market in markets if market.pk == code), None)
    return render(request, "identity/help_guide.html", {"markets": markets, "chosen": chosen})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The request to the helpers. The same answer, whether or not anybody is known by what was typed."""
    form = HelpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if limits.allows_address("help_page", request):
            facts = {name: value for name, value in form.cleaned_data.items() if name != "challenge"}
            help_requests.file_request(
                data=help_requests.HelpData(**facts), language=get_language() or "", address=client_address(request)
            )
            return redirect("sign_in_help_asked")
        form.add_error(None, _("That was often enough for now. Wait an hour, or call the support."))
        return render(request, "identity/help_ask.html", {"form": form}, status=429)
    return render(request, "identity/help_ask.html", {"form": form})


@require_GET
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "identity/help_asked.html")
