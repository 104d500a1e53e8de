from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "companies.company.created": _("Organisation created"),
        "companies.company.changed": _("Organisation changed"),
        "companies.partner.reminded": _("Administrators reminded of the missing partner"),
        "companies.member.added": _("Person added"),
        "companies.member.roles_changed": _("Roles changed"),
        "companies.member.removed": _("Person removed"),
        "companies.last_administrator.told": _("Others told that the last administrator does not sign in"),
        "companies.people.viewed": _("People looked at"),
        "companies.person.viewed": _("Person looked at"),
        "companies.access.asked": _("Access right requested"),
        "companies.access.granted": _("Access right granted"),
        "companies.access.refused": _("Request for access refused"),
        "companies.access.taken": _("Access right taken away"),
        "companies.access.viewed": _("Access rights looked at"),
        "companies.audit.viewed": _("Audit looked at"),
        "companies.apikey.created": _("API key created"),
        "companies.apikey.revoked": _("API key revoked"),
    }
)
