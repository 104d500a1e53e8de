from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "support.password.set": _("Support password set"),
        "support.password.removed": _("Support password removed"),
        "support.password.frozen": _("Support password frozen after wrong tries"),
        "support.code.made": _("One-time code for support made"),
        "support.try.wrong": _("Wrong support password tried"),
        "support.session.started": _("Work in the person's name begun"),
        "support.session.ended": _("Work in the person's name ended"),
    }
)
# Only the person himself sees whether a support password is set (SU-01).
texts.only_for_oneself("support.password.", "support.code.")
