from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "kolonne.portal.companies"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.companies import wiring  # noqa: PLC0415  # models exist only when apps are ready

        wiring.give_rights()
        wiring.serve_identity()
        wiring.fill_account()
