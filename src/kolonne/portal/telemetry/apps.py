from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "kolonne.portal.telemetry"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import hooks, merge_parts  # noqa: PLC0415  # models exist only when apps are ready
        from kolonne.portal.telemetry import departure, merging  # noqa: PLC0415

        hooks.add_departure(departure.DEPARTURE)
        merge_parts.add_merge_part(merging.MERGE)
        hooks.add_export_files(departure.files)
