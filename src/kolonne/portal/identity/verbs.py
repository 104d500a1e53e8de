from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "identity.user.created": _("User created"),
        "identity.user.blocked": _("User blocked"),
        "identity.user.unblocked": _("User unblocked"),
        "identity.user.revived": _("Sign-in status reset"),
        "identity.password.reset": _("Password reset by a helper"),
        "identity.second_factor.reset": _("Second factors removed"),
    }
)
