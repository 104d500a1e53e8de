from django.urls import path

from kolonne.portal.identity.views import door

urlpatterns = [
    path("language/", door.set_language, name="set_language"),
    path("dev/sign-in/<str:token>/", door.demo_sign_in, name="demo_sign_in"),
]
