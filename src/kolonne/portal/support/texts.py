from django.utils import formats, timezone
from django.utils.translation import gettext as _

from kolonne.portal.support.models import ActingSession


def banner(row: ActingSession) -> str:
    """What a person reads while somebody works in his name, in his language and the page's time zone."""
    until = formats.time_format(timezone.localtime(row.ends_at), "TIME_FORMAT")
    facts = {"name": row.agent_label, "organisation": row.organisation_label, "time": until}
    return _("%(name)s from %(organisation)s is working in your name until %(time)s.") % facts
