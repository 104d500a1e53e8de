from django.urls import path

from kolonne.portal.companies.views import choice, people, profile

urlpatterns = [
    path("account/", profile.account, name="account"),
    path("people/", people.people, name="people"),
    path("company/", choice.switch_company, name="switch_company"),
]
