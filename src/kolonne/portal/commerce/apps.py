from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "kolonne.portal.commerce"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.commerce.permissions import PERMISSIONS  # noqa: PLC0415  # registers the rights
        from kolonne.portal.companies.models import Kind, Role  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.queries import allow  # noqa: PLC0415

        allow(Role.ADMINISTRATOR, *PERMISSIONS, kinds=[Kind.FLEET])
        allow(Role.FLEET_MANAGER, "commerce.product:read", kinds=[Kind.FLEET])
