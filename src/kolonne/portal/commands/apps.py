from django.apps import AppConfig


class CommandsConfig(AppConfig):
    name = "kolonne.portal.commands"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kolonne.portal.commands import (  # noqa: PLC0415  # models exist only when apps are ready
            actions,
            departure,
            erasure,
            merging,
            permissions,  # noqa: F401  # registers the rights
            wiping,
        )
        from kolonne.portal.companies import hooks, merge_parts  # noqa: PLC0415
        from kolonne.portal.identity.actions.erasure import when_erased  # noqa: PLC0415
        from kolonne.portal.identity.actions.traces import when_traces_go  # noqa: PLC0415
        from kolonne.portal.vehicles.hooks import when_modules_retire  # noqa: PLC0415

        when_modules_retire(wiping.order_wipes)
        when_erased(actions.forget_pin)
        when_traces_go(erasure.forget_who_asked)
        hooks.add_departure(departure.DEPARTURE)
        merge_parts.add_merge_part(merging.MERGE)
        hooks.add_export("commands", departure.commands_of)
