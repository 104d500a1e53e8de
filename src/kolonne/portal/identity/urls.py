from django.urls import path

from kolonne.portal.identity.views import door, life_cycle, outbox, private

urlpatterns = [
    path("accounts/keep/<str:token>/", life_cycle.keep_account, name="keep_account"),
    path("accounts/export/<str:token>/", life_cycle.export_by_link, name="export_by_link"),
    path("account/export/", life_cycle.export_my_data, name="export_my_data"),
    path("accounts/private/", private.private_sign_up, name="private_sign_up"),
    path("accounts/private/confirm/<str:token>/", private.private_confirm, name="private_confirm"),
    path("me/", private.private_account, name="private_account"),
    path("me/delete/", private.private_delete, name="private_delete"),
    path("language/", door.set_language, name="set_language"),
    path("dev/sign-in/<str:token>/", door.demo_sign_in, name="demo_sign_in"),
    path("dev/mail/", outbox.mails, name="demo_mail"),
    path("dev/mail/<slug:number>/", outbox.mail, name="demo_mail_one"),
    path("dev/mail/<slug:number>/html/", outbox.mail_as_html, name="demo_mail_html"),
]
