from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "kolonne.portal.identity"
    default_auto_field = "django.db.models.AutoField"
