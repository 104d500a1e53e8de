"""The addresses of the provider. Names and paths are allauth's, which links to them; its device flow has none here."""

from allauth.idp.oidc import views as allauth_views
from django.urls import include, path

from kolonne.portal.identity.views import openid, sign_out

app_name = "idp"
_oidc = [
    path(".well-known/openid-configuration", openid.configuration, name="configuration"),
    path(".well-known/jwks.json", allauth_views.jwks, name="jwks"),
    path("identity/o/authorize", openid.authorize, name="authorization"),
    path("identity/o/consent", openid.consent, name="consent"),
    path("identity/o/access", openid.ask_for_access, name="access"),
    path("identity/o/logout", sign_out.ask, name="logout"),
    path("identity/o/sign-out", sign_out.sign_out, name="sign_out"),
    path("identity/o/api/token", openid.token, name="token"),
    path("identity/o/api/revoke", openid.revoke, name="revoke"),
    path("identity/o/api/userinfo", openid.user_info, name="userinfo"),
]
urlpatterns = [path("", include((_oidc, "oidc")))]
