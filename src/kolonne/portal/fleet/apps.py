from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "kolonne.portal.fleet"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.fleet import permissions  # noqa: F401, PLC0415  # registers the rights
