from django.urls import path

from kolonne.portal.identity.views import consents as consents_views
from kolonne.portal.identity.views import (
    door,
    invitation,
    life_cycle,
    outbox,
    private,
    registration,
    renewal,
    reset,
    security,
)
from kolonne.portal.identity.views import help as help_views
from kolonne.portal.identity.views import own_data as own_data_views

urlpatterns = [
    # In the place of allauth's own pages, which are included after these.
    path("accounts/2fa/", security.factors, name="mfa_index"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", security.remove_passkey, name="mfa_remove_webauthn"),
    path("accounts/sessions/", security.sessions, name="usersessions_list"),
    path("accounts/keep/<str:token>/", life_cycle.keep_account, name="keep_account"),
    path("accounts/export/<str:token>/", life_cycle.export_by_link, name="export_by_link"),
    path("account/export/", life_cycle.export_my_data, name="export_my_data"),
    path("account/export/<str:token>/", life_cycle.export_fetch, name="export_fetch"),
    path("accounts/private/", private.private_sign_up, name="private_sign_up"),
    path("accounts/private/confirm/<str:token>/", private.private_confirm, name="private_confirm"),
    path("account/privacy/<slug:application>/withdraw/", consents_views.consent_withdraw, name="consent_withdraw"),
    path("account/data/", own_data_views.own_data, name="own_data"),
    path("me/", private.private_account, name="private_account"),
    path("me/delete/", private.private_delete, name="private_delete"),
    path("accounts/help/", help_views.guide, name="sign_in_help"),
    path("accounts/help/request/", help_views.ask, name="sign_in_help_ask"),
    path("accounts/help/request/sent/", help_views.asked, name="sign_in_help_asked"),
    path("accounts/invitation/<str:token>/", invitation.accept, name="invitation"),
    path("accounts/invitation-accepted/", invitation.accepted, name="invitation_accepted"),
    path("accounts/password/reset/", reset.ask, name="account_reset_password"),
    path("accounts/password/reset/done/", reset.asked, name="account_reset_password_done"),
    path("accounts/password/reset/key/<str:token>/", reset.follow, name="reset_link"),
    path("accounts/password/reset/choose/", reset.choose, name="reset_choose"),
    path("accounts/password/reset/changed/", reset.done, name="reset_done"),
    path("accounts/renewal/", renewal.address, name="renewal"),
    path("accounts/renewal/code/", renewal.code, name="renewal_code"),
    path("accounts/renewal/password/", renewal.password, name="renewal_password"),
    path("accounts/renewal/cancel/", renewal.cancel, name="renewal_cancel"),
    path("accounts/renewal/over/", renewal.over, name="renewal_over"),
    path("register/", registration.register, name="registration"),
    path("register/sent/", registration.sent, name="registration_sent"),
    path("register/confirm/<str:token>/", registration.confirm, name="registration_confirm"),
    path("language/", door.set_language, name="set_language"),
    path("dev/sign-in/<str:token>/", door.demo_sign_in, name="demo_sign_in"),
    path("dev/mail/", outbox.mails, name="demo_mail"),
    path("dev/mail/<slug:number>/", outbox.mail, name="demo_mail_one"),
    path("dev/mail/<slug:number>/html/", outbox.mail_as_html, name="demo_mail_html"),
]
