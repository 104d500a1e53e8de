from django.urls import path

from kolonne.portal.companies.views import choice

urlpatterns = [path("company/", choice.switch_company, name="switch_company")]
