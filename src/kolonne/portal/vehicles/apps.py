from django.apps import AppConfig


class VehiclesConfig(AppConfig):
    name = "kolonne.portal.vehicles"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import hooks  # noqa: PLC0415
        from kolonne.portal.companies.models import Kind, Role  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.queries import allow, scope_allows  # noqa: PLC0415
        from kolonne.portal.vehicles import checks  # noqa: PLC0415
        from kolonne.portal.vehicles.permissions import PERMISSIONS  # noqa: PLC0415

        allow(Role.ADMINISTRATOR, *PERMISSIONS, kinds=[Kind.FLEET])
        allow(Role.FLEET_MANAGER, "vehicles.vehicle:read", kinds=[Kind.FLEET])
        scope_allows("vehicles:read", "vehicles.vehicle:read")
        hooks.add_checks(hooks.Checks(checks.items, checks.decide))
        hooks.add_next_step(checks.next_step)
