"""The pages and addresses of the OpenID Connect provider (ID-12)."""

import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.core.internal.httpkit import add_query_params, del_query_params
from allauth.idp.oidc import app_settings
from allauth.idp.oidc.internal.oauthlib.utils import extract_headers, extract_params, get_uri
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from oauthlib.common import Request, add_params_to_uri
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, FatalClientError, LoginRequired, OAuth2Error

from kolonne.portal.identity import access, form_targets
from kolonne.portal.identity.access import SCOPES
from kolonne.portal.identity.actions import tokens
from kolonne.portal.identity.models import Application, User
from kolonne.portal.identity.openid_server import Server
from kolonne.portal.lib.errors import Conflict

AMR = {"password": "pwd", "totp": "otp", "webauthn": "hwk", "recovery_codes": "otp"}
"""How somebody signed in, in the words of RFC 8176."""


@require_safe
def configuration(request: HttpRequest) -> JsonResponse:
    """What we offer, and no more. All addresses begin with the public one, whatever name the request used."""

    def address(name: str) -> str:
        return settings.PUBLIC_URL + reverse(f"idp:oidc:{name}")

    return JsonResponse(
        {
            "issuer": settings.PUBLIC_URL,
            "authorization_endpoint": address("authorization"),
            "token_endpoint": address("token"),
            "userinfo_endpoint": address("userinfo"),
            "jwks_uri": address("jwks"),
            "revocation_endpoint": address("revoke"),
            "end_session_endpoint": address("logout"),
            "scopes_supported": list(SCOPES),
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "amr", "nonce", "at_hash", "name", "given_name",
                "family_name", "preferred_username", "locale", "email", "email_verified", "kolonne_rights",
            ],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": list(app_settings.AUTH_METHODS),
            "revocation_endpoint_auth_methods_supported": list(app_settings.AUTH_METHODS),
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["pairwise"],
            "prompt_values_supported": ["none", "login", "consent"],
            "ui_locales_supported": [code for code, _ in settings.LANGUAGES],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
        },
        headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"},
    )  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What an application asks for, after all its parameters were found good."""

    client: Client
    application: Application
    scopes: list[str]
    request: Request
    prompt: frozenset[str]
    max_age: int | None

    @property
    def origin(self) -> str:
        return form_targets.origin_of(self.request.redirect_uri)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Where an application sends a person to sign in. Everything it asks is checked before the person is asked."""
    if request.method == "POST":
        return redirect(f"{reverse('idp:oidc:authorization')}?{request.POST.urlencode()}")
    try:
        wish = _wish(request)
        return _door(request, wish) or _answer(request, wish)
    except OAuth2Error as error:
        return _refusal(request, error)


@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """The person said yes or no; the address still holds what the application asked for."""
    if isinstance(request.user, AnonymousUser):
        return _start_again(request)
    try:
        wish = _wish(request)
        if request.POST.get("action") != "grant":
            raise AccessDeniedError(request=wish.request)
        return _issue_code(request, wish) if _may_use(request, wish) else _no_access(request, wish)
    except OAuth2Error as error:
        return _refusal(request, error)


def _wish(request: HttpRequest) -> Wish:
    """Raises FatalClientError when we must not even send the person back, else OAuth2Error."""
    scopes, info = Server().validate_authorization_request(get_uri(request), "GET", None, extract_headers(request))
    client = info["request"].client
    max_age = request.GET.get("max_age", "")
    return Wish(
        client=client,
        application=get_object_or_404(Application, client_id=client.pk),
        scopes=[scope for scope in SCOPES if scope in scopes],
        request=info["request"],
        prompt=frozenset(info["prompt"]),
        max_age=int(max_age) if max_age.isdecimal() else None,
    )


def _door(request: HttpRequest, wish: Wish) -> HttpResponse | None:
    """The page where the person must sign in, or prove anew who he is; None when that is done."""
    user = request.user
    if isinstance(user, AnonymousUser):
        page = "account_login"
    elif "login" in wish.prompt or (wish.max_age is not None and time.time() - _signed_in_at(request) > wish.max_age):
        page = "account_reauthenticate"
    else:
        return None
    if "none" in wish.prompt:
        raise LoginRequired(request=wish.request)
    form_targets.allow(request, wish.origin)
    # What was asked for is fulfilled by the page; asking again would be a circle.
    back = del_query_params(request.get_full_path(), "prompt", "max_age")
    if others := wish.prompt - {"login"}:
        back = add_query_params(back, {"prompt": " ".join(sorted(others))})
    return redirect(f"{reverse(page)}?{urlencode({'next': back})}")


def _answer(request: HttpRequest, wish: Wish) -> HttpResponse:
    if not _may_use(request, wish):
        if "none" in wish.prompt:
            raise AccessDeniedError(request=wish.request)
        return _no_access(request, wish)
    # With prompt=none, the checks have seen to it that the person need not be asked.
    if "none" in wish.prompt or not _must_ask(request, wish):
        return _issue_code(request, wish)
    form_targets.allow(request, wish.origin)
    data = [(scope, SCOPES[scope]) for scope in wish.scopes]
    return render(request, "idp/oidc/authorization_form.html", {"wish": wish, "data": data})


def _must_ask(request: HttpRequest, wish: Wish) -> bool:
    """Whether data go to somebody else, and the person did not agree to that today, or shall again."""
    if wish.client.skip_consent:
        return False
    agreed = tokens.has_consented(user=_person(request), client=wish.client, scopes=wish.scopes)
    return "consent" in wish.prompt or not agreed


def _may_use(request: HttpRequest, wish: Wish) -> bool:
    return access.may_use(_person(request), wish.client.pk)


def _issue_code(request: HttpRequest, wish: Wish) -> HttpResponse:
    credentials = {
        "user": request.user,
        "auth_time": _signed_in_at(request),
        "amr": _methods(request),
    }
    headers, _, _ = Server().create_authorization_response(
        get_uri(request), "GET", None, extract_headers(request), scopes=wish.scopes, credentials=credentials
    )
    form_targets.forget(request)
    return _to_client(headers["Location"])


def _to_client(address: str) -> HttpResponse:
    """Back to the application, which learns from whom the answer is (RFC 9207)."""
    address = add_params_to_uri(address, [("iss", settings.PUBLIC_URL)])
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _refusal(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """To the application, unless it is not certain that it is one."""
    if error.redirect_uri and not isinstance(error, FatalClientError):
        return _to_client(add_params_to_uri(error.redirect_uri, error.twotuples))
    return render(request, "idp/oidc/error.html", {"error": error}, status=HTTPStatus.BAD_REQUEST)


def _no_access(request: HttpRequest, wish: Wish) -> HttpResponse:
    desks = access.desks_of(_person(request), wish.application)
    facts = {"wish": wish, "desks": desks}
    return render(request, "idp/oidc/no_access.html", facts, status=HTTPStatus.FORBIDDEN)


@require_POST
def ask_for_access(request: HttpRequest) -> HttpResponse:
    """The one click (B2-01). Says the same page again, which now tells that somebody was asked."""
    if isinstance(request.user, AnonymousUser):
        return _start_again(request)
    application = get_object_or_404(Application, code=request.POST.get("application"), client_id__isnull=False)
    organisation = request.POST.get("organisation", "")
    with suppress(Conflict):  # somebody was faster; the page says how it stands
        access.ask(
            actor=request.actor,  # type: ignore[attr-defined]  # set by the Scope middleware
            user=_person(request),
            application=application,
            organisation=int(organisation) if organisation.isdecimal() else 0,
        )
    return _start_again(request)


def _start_again(request: HttpRequest) -> HttpResponse:
    """With what the application asked for, which is still in the address."""
    return redirect(f"{reverse('idp:oidc:authorization')}?{request.META['QUERY_STRING']}")


def _person(request: HttpRequest) -> User:
    user = request.user
    if isinstance(user, AnonymousUser):
        raise LoginRequired
    return user


def _signed_in_at(request: HttpRequest) -> int:
    """When the person last proved who he is, in this browser; in seconds since 1970."""
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    user = _person(request)
    return int(max(moments, default=user.last_login.timestamp() if user.last_login else 0))


def _methods(request: HttpRequest) -> list[str]:
    records = get_authentication_records(request, request.user)
    used = {AMR.get(record.get("type") or record["method"], record["method"]) for record in records}
    return sorted(used | ({"mfa"} if len(used) > 1 or "hwk" in used else set()))


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """An application's server exchanges a code or a refresh token."""
    try:
        return _plain(Server().create_token_response(*extract_params(request)))
    except OAuth2Error as error:
        return _as_json(error)


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """An application gives tokens back."""
    return _plain(Server().create_revocation_response(*extract_params(request)))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def user_info(request: HttpRequest) -> HttpResponse:
    """What the application may know of the person, as it is now."""
    try:
        return _plain(Server().create_userinfo_response(*extract_params(request)))
    except OAuth2Error as error:
        return _as_json(error)


def _plain(answer: tuple[dict[str, str], str, int]) -> HttpResponse:
    headers, body, status = answer
    return HttpResponse(body, status=status, headers=headers)


def _as_json(error: OAuth2Error) -> HttpResponse:
    headers: dict[str, Any] = {"Cache-Control": "no-store", **error.headers}
    return HttpResponse(error.json, content_type="application/json", status=error.status_code, headers=headers)
