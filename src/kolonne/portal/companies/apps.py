from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "kolonne.portal.companies"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies.models import Role  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.permissions import PERMISSIONS  # noqa: PLC0415
        from kolonne.portal.companies.queries import allow  # noqa: PLC0415

        allow(Role.ADMINISTRATOR, *PERMISSIONS)
        allow(Role.FLEET_MANAGER, "companies.company:read", "companies.member:read")
        allow(Role.DRIVER, "companies.company:read")
