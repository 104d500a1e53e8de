from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app

from kolonne.portal.identity import mails
from kolonne.portal.identity.models import User


@app.task(name="identity.send_mail", pass_context=True, retry=5)
def send_mail(context: JobContext, mail: str, user_id: int, facts: dict[str, Any]) -> None:
    """One mail to one person; the job's number makes a second run recognisable."""
    user = User.objects.select_related("market").filter(pk=user_id).first()
    if user is not None:
        mails.send(mail, user, facts, number=f"job-{context.job.id}")
