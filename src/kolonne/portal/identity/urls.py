from django.urls import path

from kolonne.portal.identity.views import door, outbox

urlpatterns = [
    path("language/", door.set_language, name="set_language"),
    path("dev/sign-in/<str:token>/", door.demo_sign_in, name="demo_sign_in"),
    path("dev/mail/", outbox.mails, name="demo_mail"),
    path("dev/mail/<slug:number>/", outbox.mail, name="demo_mail_one"),
    path("dev/mail/<slug:number>/html/", outbox.mail_as_html, name="demo_mail_html"),
]
