from django.urls import include, path

from kolonne.portal.site import api, views

urlpatterns = [
    path("", include("kolonne.portal.fleet.urls")),
    path("", include("kolonne.portal.commands.urls")),
    path("", include("kolonne.portal.vehicles.urls")),
    path("", include("kolonne.portal.commerce.urls")),
    path("", include("kolonne.portal.companies.urls")),
    path("", include("kolonne.portal.support.urls")),
    path("", include("kolonne.portal.identity.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("kolonne.portal.identity.openid_urls")),
    path("api/v1/", api.api.urls),
    path("status/", views.status, name="status"),
    path("health/", views.health, name="health"),
]
