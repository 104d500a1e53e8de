from django.utils.translation import gettext_lazy as _

from kolonne.portal.audit import texts

texts.register({texts.CHECKED: _("Audit checked"), texts.NAMES_REMOVED: _("Names of an erased person removed")})
