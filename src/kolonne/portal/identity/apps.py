from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "kolonne.portal.identity"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from kolonne.portal.identity import links, mails, receivers  # noqa: F401, PLC0415  # models exist only now

        mails.link_for("life_cycle_warned", lambda user: links.address("keep_account", "keep", user))
        mails.link_for("life_cycle_noticed", lambda user: links.address("export_by_link", "export", user))
        mails.link_for("private_confirm", lambda user: links.address("private_confirm", "private-confirm", user))
        mails.link_for("password_reset", lambda user: links.address("reset_link", "password_reset", user))
        mails.link_for("invitation", lambda user: links.address("invitation", "invitation", user))
