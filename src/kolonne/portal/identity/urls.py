from django.urls import path

from kolonne.portal.identity import views

urlpatterns = [
    path("language/", views.set_language, name="set_language"),
    path("dev/sign-in/<str:token>/", views.demo_sign_in, name="demo_sign_in"),
]
