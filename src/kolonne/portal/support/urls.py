from django.urls import path

from kolonne.portal.support.views import account, desk

urlpatterns = [
    path("account/support-password/", account.support_password, name="support_password"),
    path("account/support-password/remove/", account.support_password_remove, name="support_password_remove"),
    path("account/support-password/code/", account.support_code, name="support_code"),
    path("account/support-password/sessions/<int:pk>/end/", account.support_stop, name="support_stop"),
    path("support/", desk.support_desk, name="support_desk"),
    path("support/company/", desk.support_company, name="support_company"),
    path("support/end/", desk.support_end, name="support_end"),
]
