"""Mails as files: nothing leaves the machine until an operator sets up a mail server."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Writes each mail as one `.eml` file into `KOLONNE_DATA/mail`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FOLDER)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            # Named after the mail: a job that was killed after the file and before its end writes the same file again.
            number = str(message.extra_headers.get("Message-ID", "")).strip("<>").partition("@")[0]
            (folder / f"{number or uuid.uuid4()}.eml").write_bytes(message.message().as_bytes())
        return len(email_messages)
