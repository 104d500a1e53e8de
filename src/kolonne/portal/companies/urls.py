from django.urls import path

from kolonne.portal.companies import views

urlpatterns = [path("company/", views.switch_company, name="switch_company")]
