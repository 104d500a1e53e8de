from django.urls import path

from kolonne.portal.companies.views import (
    access,
    audit,
    choice,
    company_data,
    market,
    newcomer,
    organisations,
    people,
    person,
    profile,
    requests,
    sites,
    verification,
)
from kolonne.portal.companies.views.acts import ACTS

urlpatterns = [
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/new/", organisations.organisation_create, name="organisation_create"),
    path("organisations/partner-later/", organisations.organisation_partner_later, name="organisation_partner_later"),
    path("organisations/<int:pk>/", organisations.organisation, name="organisation"),
    path("organisations/<int:pk>/edit/", company_data.organisation_edit, name="organisation_edit"),
    path("organisations/<int:pk>/partner/", organisations.organisation_partner, name="organisation_partner"),
    path("organisations/<int:pk>/history/", company_data.organisation_history, name="organisation_history"),
    path("organisations/<int:pk>/sites/new/", sites.site_add, name="site_add"),
    path("organisations/<int:pk>/sites/<int:site>/", sites.site_edit, name="site_edit"),
    path("organisations/<int:pk>/sites/<int:site>/remove/", sites.site_remove, name="site_remove"),
    path("access-rights/", access.access_rights, name="access_rights"),
    path("access-rights/requests/<int:pk>/", access.access_answer, name="access_answer"),
    path("access-rights/<int:pk>/<slug:application>/", access.access_edit, name="access_edit"),
    path("market/", market.market, name="market"),
    path("audit/", audit.audit, name="audit"),
    path("audit/<int:pk>/check/", audit.audit_check, name="audit_check"),
    path("account/history/", audit.my_audit, name="my_audit"),
    path("account/", profile.account, name="account"),
    path("people/", people.people, name="people"),
    path("people/new/", newcomer.person_create, name="person_create"),
    path("people/<int:pk>/", person.person, name="person"),
    *(
        path(f"people/<int:pk>/{act.name}/", person.person_act, {"act": act.name}, name=act.url_name)
        for act in ACTS.values()
    ),
    path("people/<int:pk>/roles/<int:membership>/", person.person_roles, name="person_roles"),
    path("people/<int:pk>/remove/<int:membership>/", person.person_remove, name="person_remove"),
    path("requests/", requests.help_requests, name="requests"),
    path("requests/<int:pk>/", requests.help_request, name="request"),
    path("requests/<int:pk>/revive/", requests.request_act, {"act": "revive"}, name="request_revive"),
    path("requests/<int:pk>/password/", requests.request_act, {"act": "password"}, name="request_password"),
    path("requests/<int:pk>/refuse/", requests.request_refuse, name="request_refuse"),
    path("verification/", verification.verification, name="verification"),
    path("company/", choice.switch_company, name="switch_company"),
]
