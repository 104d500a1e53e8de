from django.apps import AppConfig


class VehiclesConfig(AppConfig):
    name = "kolonne.portal.vehicles"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import hooks, merge_parts  # noqa: PLC0415
        from kolonne.portal.companies.models import Kind, Role  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.queries import allow, allow_in_market, scope_allows  # noqa: PLC0415
        from kolonne.portal.identity.actions.traces import when_traces_go  # noqa: PLC0415
        from kolonne.portal.vehicles import checks, departure, erasure, imports_departure, merging  # noqa: PLC0415
        from kolonne.portal.vehicles.permissions import ARBITER_PERMISSIONS, PERMISSIONS  # noqa: PLC0415

        allow(Role.ADMINISTRATOR, *PERMISSIONS, kinds=[Kind.FLEET])
        allow(Role.FLEET_MANAGER, "vehicles.vehicle:read", kinds=[Kind.FLEET])
        for role in (Role.ADMINISTRATOR, Role.DEALER_EMPLOYEE):
            allow(role, *ARBITER_PERMISSIONS, kinds=[Kind.DEALER])
        for role in (Role.MARKET_ADMINISTRATOR, Role.SUPPORT_AGENT):
            allow_in_market(role, *ARBITER_PERMISSIONS)
        scope_allows("vehicles:read", "vehicles.vehicle:read")
        hooks.add_checks(hooks.Checks(checks.items, checks.decide))
        hooks.add_next_step(checks.next_step)
        when_traces_go(erasure.forget_driver)
        when_traces_go(erasure.forget_labels)
        hooks.add_departure(departure.DEPARTURE)
        hooks.add_departure(imports_departure.DEPARTURE)
        merge_parts.add_merge_part(merging.MERGE)
        hooks.add_export("vans", departure.vans_of)
        hooks.add_export("modules", departure.modules_of)
        hooks.add_export("van_claims", departure.claims_of)
        hooks.add_export("van_requests", departure.requests_of)
        hooks.add_export("van_handovers", departure.handovers_of)
