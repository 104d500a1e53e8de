from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from kolonne.portal.identity import actions, second_factor
from kolonne.portal.identity.demo import user_of_token
from kolonne.portal.identity.models import Language, User
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_GET
def demo_sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """One click into a persona; a demonstration only, and nowhere else does this page exist."""
    user = user_of_token(token) if settings.DEMO else None
    if user is None:
        raise Http404
    login(request, user, backend=BACKEND)
    request.session[second_factor.DEMO_SESSION] = True
    record_authentication(request, user, method="demo")
    actions.record_sign_in(actor=himself(user, client_address(request)), user=user, method="demo")
    return redirect("/")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remembers the language in the person's account, or in a cookie before sign-in."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = redirect(target if safe else "/")
    if language in Language.values:
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", secure=settings.IS_HTTPS
        )
    return response
