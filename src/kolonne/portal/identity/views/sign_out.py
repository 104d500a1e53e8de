"""An application signs a person out, and we ask whether here, too (OpenID Connect RP-Initiated Logout)."""

from dataclasses import dataclass
from http import HTTPStatus

from allauth.account.internal.flows.logout import logout
from allauth.idp.oidc.internal.tokens import decode_jwt_token
from allauth.idp.oidc.models import Client
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from oauthlib.common import add_params_to_uri

from kolonne.portal.identity import form_targets
from kolonne.portal.identity.actions import tokens
from kolonne.portal.identity.openid_server import is_registered


@dataclass(frozen=True)
class Farewell:
    """What an application asks for when a person leaves it."""

    client: Client | None
    back: str
    """Where the person goes afterwards: one of the application's registered addresses, or our front page."""


class NotInOrderError(Exception):
    error = "invalid_request"
    description = "The address to return to is not registered, or the application is unknown."


@csrf_exempt
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Whether to sign out here, too: other applications use the same sign-in."""
    if request.method == "POST":
        return redirect(f"{reverse('idp:oidc:logout')}?{request.POST.urlencode()}")
    try:
        farewell = _farewell(request)
    except NotInOrderError as error:
        return render(request, "idp/oidc/error.html", {"error": error}, status=HTTPStatus.BAD_REQUEST)
    if isinstance(request.user, AnonymousUser):
        return _go(farewell)
    page = render(request, "idp/oidc/logout.html", {"application": farewell.client})
    if farewell.client and farewell.back != "/":
        form_targets.let_through(page, form_targets.origin_of(farewell.back))
    return page


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The answer; the address still holds what the application asked for."""
    try:
        farewell = _farewell(request)
    except NotInOrderError as error:
        return render(request, "idp/oidc/error.html", {"error": error}, status=HTTPStatus.BAD_REQUEST)
    if not isinstance(request.user, AnonymousUser):
        if farewell.client:
            tokens.end_all(user=request.user, client=farewell.client)
        if request.POST.get("action") == "logout":
            logout(request, show_message=farewell.back == "/")
    return _go(farewell)


def _farewell(request: HttpRequest) -> Farewell:
    """Raises NotInOrderError. Without an application, nobody is sent anywhere but to our front page."""
    wanted, hint = request.GET.get("post_logout_redirect_uri", ""), request.GET.get("id_token_hint", "")
    name = request.GET.get("client_id", "")
    if hint:
        token = decode_jwt_token(hint, verify_exp=False, verify_iss=True)
        if token is None or (name and name != token["aud"]):
            raise NotInOrderError
        name = token["aud"]
    client = Client.objects.filter(pk=name).first() if name and "\0" not in name else None
    if name and client is None:
        raise NotInOrderError
    if not wanted or client is None:
        return Farewell(client, "/")
    if not is_registered(wanted, client.get_post_logout_redirect_uris()):
        raise NotInOrderError
    state = request.GET.get("state")
    return Farewell(client, add_params_to_uri(wanted, [("state", state)]) if state else wanted)


def _go(farewell: Farewell) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": farewell.back})
