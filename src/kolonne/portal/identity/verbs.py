from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "identity.password.reset_asked": _("New password by mail asked for"),
        "identity.user.renewed": _("Own e-mail address and password set after a reset"),
        "identity.user.invited": _("User invited"),
        "identity.invitation.accepted": _("Invitation accepted"),
        "identity.help.asked": _("Reset of the sign-in asked for"),
        "identity.help.done": _("Request for a reset answered"),
        "identity.help.refused": _("Request for a reset refused"),
        "identity.user.created": _("User created"),
        "identity.user.blocked": _("User blocked"),
        "identity.user.unblocked": _("User unblocked"),
        "identity.user.revived": _("Sign-in status reset"),
        "identity.user.warned": _("Warned: not signed in for long"),
        "identity.user.locked": _("Locked: not signed in for too long"),
        "identity.user.deletion_announced": _("Deletion announced"),
        "identity.user.deleted": _("User deleted"),
        "identity.user.kept": _("Account kept by the link in a mail"),
        "identity.data.exported": _("Own data downloaded"),
        "identity.data.exported_by_link": _("Own data downloaded by the link in a mail"),
        "identity.market.created": _("Market created"),
        "identity.market.changed": _("Market changed"),
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
