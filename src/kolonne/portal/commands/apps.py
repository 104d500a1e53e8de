from django.apps import AppConfig


class CommandsConfig(AppConfig):
    name = "kolonne.portal.commands"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kolonne.portal.commands import permissions  # noqa: F401, PLC0415  # registers the rights
