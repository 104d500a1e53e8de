from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register(
    {
        "commands.command.requested": _("Command given"),
        "commands.wipe.ordered": _("Module told to forget what it has"),
        "commands.pin.set": _("Unlock PIN set"),
    }
)
