from django.urls import path

from kolonne.portal.companies.views import choice, profile

urlpatterns = [
    path("account/", profile.account, name="account"),
    path("company/", choice.switch_company, name="switch_company"),
]
