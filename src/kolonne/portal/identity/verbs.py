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
        "identity.user.signed_in": _("Signed in"),
        "identity.user.signed_out_everywhere": _("Signed out everywhere"),
        "identity.user.password_locked": _("Password locked after too many wrong tries"),
        "identity.user.password_unlocked": _("Password lock lifted by a new password"),
        "identity.session.ended": _("Signed out on one device"),
        "identity.password.changed": _("Own password changed"),
        "identity.email.changed": _("Own e-mail address changed"),
        "identity.second_factor.added": _("Second factor added"),
        "identity.second_factor.removed": _("Second factor removed"),
        "identity.recovery_codes.renewed": _("New recovery codes made"),
        "identity.private.added": _("Private account added"),
        "identity.private.changed": _("Private data changed"),
        "identity.private.confirmed": _("Private account confirmed"),
        "identity.private.ended": _("Private account deleted"),
    }
)
