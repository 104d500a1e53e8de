from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "kolonne.portal.telemetry"
    default_auto_field = "django.db.models.AutoField"
