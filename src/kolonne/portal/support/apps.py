from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "kolonne.portal.support"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import hooks, merge_parts  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.companies.models import Kind, Role  # noqa: PLC0415
        from kolonne.portal.companies.queries import allow, allow_in_market  # noqa: PLC0415
        from kolonne.portal.identity import export  # noqa: PLC0415
        from kolonne.portal.identity.actions.erasure import when_erased  # noqa: PLC0415
        from kolonne.portal.support import departure, merging, receivers  # noqa: F401, PLC0415
        from kolonne.portal.support.permissions import ACT_FOR  # noqa: PLC0415

        allow(Role.DEALER_EMPLOYEE, ACT_FOR, kinds=[Kind.DEALER])
        allow_in_market(Role.SUPPORT_AGENT, ACT_FOR)
        when_erased(departure.forget_person)
        export.add_part("support", departure.of_person)
        hooks.add_export("support_sessions", departure.of_company)
        hooks.add_departure(departure.DEPARTURE)
        merge_parts.add_merge_part(merging.MERGE)
