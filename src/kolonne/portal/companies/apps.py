from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "kolonne.portal.companies"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import queries  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.models import Role  # noqa: PLC0415
        from kolonne.portal.companies.permissions import MARKET_PERMISSIONS, PERMISSIONS  # noqa: PLC0415
        from kolonne.portal.identity import second_factor  # noqa: PLC0415

        read = ("companies.company:read", "companies.member:read")
        queries.allow(Role.ADMINISTRATOR, *PERMISSIONS)
        queries.allow(Role.FLEET_MANAGER, *read)
        for role in (Role.DRIVER, Role.WORKSHOP_USER):
            queries.allow(role, "companies.company:read")
        for role in (Role.DEALER_EMPLOYEE, Role.MARKET_ADMINISTRATOR, Role.SUPPORT_AGENT):
            queries.allow(role, *read)
        market_wide = set(PERMISSIONS) - {"companies.apikey:write", "companies.application:grant"}
        queries.allow_in_market(Role.MARKET_ADMINISTRATOR, *market_wide, *MARKET_PERMISSIONS)
        queries.allow_in_market(Role.SUPPORT_AGENT, *read, "companies.member:help")
        second_factor.require_when(queries.has_strong_role)
